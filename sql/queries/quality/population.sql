-- Parcels of a season with the attributes that a list of claims is made from.
select
    pid,
    attributes ->> %(holding)s::text as holding,
    attributes ->> %(covered)s::text as covered,
    attributes ->> %(groups)s::text as groups,
    attributes ->> %(area)s::text as claim_area,
    round((area_m2 / 10000)::numeric, 4)::text as parcel_area
from parcel
where season = %(season)s
order by pid
