-- Geometry of one parcel, in the season's CRS, and its area.
select st_asbinary(geom) as geom, area_m2
from parcel
where season = %(season)s and pid = %(pid)s
