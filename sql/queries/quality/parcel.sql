-- A parcel of a season, its geometry in longitude and latitude.
select pid, crop, area_m2, note, attributes, st_asgeojson(st_transform(geom, 4326), 7)::json as geometry
from parcel
where season = %(season)s and pid = %(pid)s
