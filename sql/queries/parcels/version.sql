-- The last load of a season's parcels; no row for parcels that no load brought.
select version::text as version
from parcel_load
where season = %(season)s
order by id desc
limit 1
