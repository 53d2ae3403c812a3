-- Number of days of observation of one card that were run within some days, the last one included.
select count(*) as days
from observed_day
where season = %(season)s and card = %(card)s and day between %(first)s and %(last)s
