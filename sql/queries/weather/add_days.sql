-- Put the rows of a file into the table; what the file does not have stays as it is.
insert into weather_day as known (season, cell, day, tmean, tmin, tmax, precipitation)
select distinct
    %(season)s, (%(cells)s::text[])[number + 1], day,
    nullif(tmean, 'NaN'), nullif(tmin, 'NaN'), nullif(tmax, 'NaN'), nullif(precipitation, 'NaN')
from weather_staged
on conflict (season, cell, day) do update set
    tmean = coalesce(excluded.tmean, known.tmean),
    tmin = coalesce(excluded.tmin, known.tmin),
    tmax = coalesce(excluded.tmax, known.tmax),
    precipitation = coalesce(excluded.precipitation, known.precipitation)
