-- The five-day means of one parcel as the feature matrix uses them: radar by orbit direction,
-- optical over all.
select
    block.card, block.band, block.direction, block.period,
    block.mean[slot.pos] as mean, block.n[slot.pos] as n
from parcel_slot as slot
join five_day_mean_block as block on block.season = slot.season and block.blk = slot.blk
where slot.season = %(season)s and slot.pid = %(pid)s
  and block.direction = any(case when block.card = 's2' then array['*'] else array['A', 'D'] end)
