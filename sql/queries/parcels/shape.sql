-- The geometry of a parcel, in its season's CRS, and its area.
select st_asbinary(geom) as geom, area_m2
from parcel
where season = %(season)s and pid = %(pid)s
