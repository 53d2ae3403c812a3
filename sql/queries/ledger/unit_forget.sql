-- Delete all units of a season whose parcels are replaced.
delete from extraction
where season = %(season)s
