-- Change the area of a season.
update season
set area = st_geomfromwkb(%(area)s, 4326), area_from_parcels = %(from_parcels)s
where id = %(season)s
