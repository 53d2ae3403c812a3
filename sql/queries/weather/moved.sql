-- A cell of a file that an earlier file had more than 100 m away.
select known.cell
from unnest(%(cells)s::text[], %(lon)s::double precision[], %(lat)s::double precision[]) as new (cell, lon, lat)
join weather_cell as known on known.season = %(season)s and known.cell = new.cell
where st_distance(known.place::geography, st_point(new.lon, new.lat, 4326)::geography) > 100
order by known.cell
limit 1
