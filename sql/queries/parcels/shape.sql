-- The geometry of a parcel, in its season's CRS.
select st_asbinary(geom) as geom
from parcel
where season = %(season)s and pid = %(pid)s
