-- The cards and bands of which a season has five-day means.
select distinct card, band
from five_day_mean_block
where season = %(season)s
