-- Take out the days of a file whose lowest temperature would be above the highest, one of them
-- perhaps from an earlier file: how many, and the first.
with gone as (
    delete from weather_staged as new
    where
        coalesce(nullif(new.tmin, 'NaN'), (
            select known.tmin from weather_day as known
            where
                known.season = %(season)s and known.cell = (%(cells)s::text[])[new.number + 1]
                and known.day = new.day
        ))
        > coalesce(nullif(new.tmax, 'NaN'), (
            select known.tmax from weather_day as known
            where
                known.season = %(season)s and known.cell = (%(cells)s::text[])[new.number + 1]
                and known.day = new.day
        ))
    returning new.day, (%(cells)s::text[])[new.number + 1] as cell
)

select count(*) as days, min(day) as first, (array_agg(cell order by day, cell))[1] as cell
from (select distinct day, cell from gone) as each_once
