-- Blocks of five-day means of one card.
select period, blk, band, direction, array_bytes(mean) as mean, array_bytes(n) as n
from five_day_mean_block
where season = %(season)s and card = %(card)s
order by period, blk, band, direction
