-- Enter the cells of a file that have days in it and are not there yet.
insert into weather_cell (season, cell, place)
select %(season)s, cell, st_point(lon, lat, 4326)
from
    unnest(%(cells)s::text[], %(lon)s::double precision[], %(lat)s::double precision[])
    with ordinality as new (cell, lon, lat, place)
where place - 1 in (select number from weather_staged)
on conflict do nothing
