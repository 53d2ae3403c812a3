-- The declared crop of each parcel by its number in a list, block by block; beyond the list: 0.
select
    slot.blk,
    array_bytes(array_agg(slot.pos order by slot.pos)) as pos,
    array_bytes(array_agg(
        coalesce(array_position(%(crops)s::text[], parcel.crop), 0)::smallint order by slot.pos
    )) as kind
from parcel_slot as slot
join parcel using (season, pid)
where slot.season = %(season)s
group by slot.blk
