-- Names of the attributes that a season's parcels have.
select distinct jsonb_object_keys(attributes) as name
from parcel where season = %(season)s
order by name
