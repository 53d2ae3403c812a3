-- Enter the cells of a file that are not there yet.
insert into weather_cell (season, cell, place)
select %(season)s, cell, st_point(lon, lat, 4326)
from unnest(%(cells)s::text[], %(lon)s::double precision[], %(lat)s::double precision[]) as new (cell, lon, lat)
on conflict do nothing
