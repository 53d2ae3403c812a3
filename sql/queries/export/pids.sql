-- The parcels of each block in the order of its arrays; null where a position is empty.
with place as (
    select blk, generate_series(1, max(pos)) as pos
    from parcel_slot
    where season = %(season)s
    group by blk
)

select place.blk, array_agg(slot.pid order by place.pos) as pids
from place
left join parcel_slot as slot
    on slot.season = %(season)s and slot.blk = place.blk and slot.pos = place.pos
group by place.blk
