-- Parcels whose identifier begins with a text, and where they lie.
select
    pid, crop, round(area_m2::numeric / 10000, 2)::real as area_ha,
    st_x(centre) as longitude, st_y(centre) as latitude
from parcel
where season = %(season)s and starts_with(pid, %(text)s)
order by pid
limit %(limit)s
