-- Five-day means of some blocks: radar by orbit direction, optical over all.
select blk, card, band, direction, period, array_bytes(mean) as mean
from five_day_mean_block
where
    season = %(season)s and blk = any(%(blocks)s)
    and (%(cards)s::text[] is null or card = any(%(cards)s))
    and direction = any(case when card = 's2' then array['*'] else array['A', 'D'] end)
