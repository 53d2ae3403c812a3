-- The geometries of some parcels in longitude and latitude.
select parcel.pid, st_asbinary(in_degrees(parcel.geom)) as geom
from parcel
where parcel.season = %(season)s and parcel.pid = any(%(pids)s)
