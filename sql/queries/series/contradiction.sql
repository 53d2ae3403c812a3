-- An example of a record with two values.
select slot.pid, staged.card, staged.band, staged.day
from series_staged as staged
join parcel_slot as slot
    on slot.season = %(season)s and slot.blk = staged.blk and slot.pos = staged.pos
group by slot.pid, staged.card, staged.band, staged.day, staged.direction, staged.observation
having
    min(staged.mean) is distinct from max(staged.mean)
    or min(staged.count) is distinct from max(staged.count)
order by 1, 2, 3, 4
limit 1
