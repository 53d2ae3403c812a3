-- The cards that have five-day means in a season: the newest window, and a band to count by.
select card, max(period) as last, min(band) as band
from five_day_mean_block
where season = %(season)s and direction = '*'
group by card
order by card
