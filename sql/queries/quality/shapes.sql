-- Geometries of some parcels of a season, in its CRS.
select parcel.pid, st_asbinary(parcel.geom) as geom, season.srid
from parcel
join season on season.id = parcel.season
where parcel.season = %(season)s and parcel.pid = any(%(pids)s)
