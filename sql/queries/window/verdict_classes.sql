-- The verdict of each parcel in a run, block by block.
select
    slot.blk,
    array_bytes(array_agg(slot.pos order by slot.pos)) as pos,
    array_bytes(array_agg(
        (case outlier.status when 'confirmed' then 1 when 'inconclusive' then 2 else 3 end)::smallint
        order by slot.pos
    )) as kind
from outlier
join parcel_slot as slot on slot.season = outlier.season and slot.pid = outlier.pid
where outlier.run = %(run)s
group by slot.blk
