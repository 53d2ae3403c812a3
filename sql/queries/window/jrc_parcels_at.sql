-- Parcels that touch a shape, the smallest first, in the columns that JRC's clients read.
-- The box is tried by the index, and only what is of the season is then compared: two seasons may
-- have numbers in common that mean other places.
with wanted as (
    select st_transform(st_geomfromwkb(%(shape)s, 4326), %(srid)s::integer) as shape
),

candidate as materialized (
    select parcel.*
    from parcel
    join wanted on parcel.geom && wanted.shape
    where parcel.season = %(season)s
)

select
    pid, coalesce(crop, '') as cropname, coalesce(crop, '') as cropcode, %(srid)s::integer as srid,
    area_m2 as area, st_x(centre) as clon, st_y(centre) as clat,
    case when %(geometry)s then st_asgeojson(st_transform(geom, %(out)s::integer), 9, 0) end as geom
from candidate
join wanted on st_intersects(candidate.geom, wanted.shape)
order by area_m2, pid
limit %(limit)s
