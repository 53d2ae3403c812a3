-- The length of a season's periods.
select step_days
from season
where id = %(season)s
