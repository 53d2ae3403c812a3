-- Periods of a season in which one parcel has no mean of a card in any band.
select period
from generate_series(%(first)s::integer, %(last)s::integer) as period
where not exists (
    select from parcel_slot as slot
    join five_day_mean_block as block
        on block.season = slot.season and block.blk = slot.blk
    where slot.season = %(season)s
        and slot.pid = %(pid)s
        and block.card = %(card)s
        and block.direction = '*'
        and block.period = period.period
        and block.n[slot.pos] > 0
)
order by period
