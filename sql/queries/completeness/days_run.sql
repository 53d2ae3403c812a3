-- Days of observation whose run has ended.
select card, day
from observed_day
where season = %(season)s
