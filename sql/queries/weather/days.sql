-- The days of a cell.
select day, tmean, tmin, tmax, precipitation
from weather_day
where season = %(season)s and cell = %(cell)s
order by day
