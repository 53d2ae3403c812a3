-- The geometries of some parcels in longitude and latitude.
select pid, st_asbinary(st_transform(geom, 4326)) as geom
from parcel
where season = %(season)s and pid = any(%(pids)s)
