-- The five-day means of one card and window by orbit direction, block by block.
select blk, band, direction, array_bytes(mean) as mean
from five_day_mean_block
where season = %(season)s and card = %(card)s and period = %(period)s
  and direction in ('A', 'D')
