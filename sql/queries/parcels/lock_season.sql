-- Lock a season against another load of its parcels; readers are not kept waiting.
select from season where id = %(season)s for no key update
