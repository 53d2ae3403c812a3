-- One parcel by its identifier, in the columns that JRC's clients read.
select
    pid, coalesce(crop, '') as cropname, coalesce(crop, '') as cropcode, %(srid)s::integer as srid,
    area_m2 as area, st_x(centre) as clon, st_y(centre) as clat,
    case when %(geometry)s then st_asgeojson(st_transform(geom, %(out)s::integer), 9, 0) end as geom
from parcel
where season = %(season)s and pid = %(pid)s
