-- Days that had other values than a file has.
select count(*) as days
from (select distinct * from weather_staged) as new
join weather_day as known
    on known.season = %(season)s
    and known.cell = (%(cells)s::text[])[new.number + 1]
    and known.day = new.day
where
    nullif(new.tmean, 'NaN') <> known.tmean
    or nullif(new.tmin, 'NaN') <> known.tmin
    or nullif(new.tmax, 'NaN') <> known.tmax
    or nullif(new.precipitation, 'NaN') <> known.precipitation
