-- Parcels that touch a shape, the smallest first, in the columns that JRC's clients read.
-- The case compares only what is of the season: two seasons may have numbers in common that mean
-- other places.
with wanted as (
    select st_transform(st_geomfromwkb(%(shape)s, 4326), %(srid)s::integer) as shape
)

select
    pid, coalesce(crop, '') as cropname, coalesce(crop, '') as cropcode, %(srid)s::integer as srid,
    area_m2 as area, st_x(centre) as clon, st_y(centre) as clat,
    case when %(geometry)s then st_asgeojson(st_transform(geom, %(out)s::integer), 9, 0) end as geom
from parcel
join wanted on parcel.geom && wanted.shape
where case when parcel.season = %(season)s then st_intersects(parcel.geom, wanted.shape) end
order by area_m2, pid
limit %(limit)s
