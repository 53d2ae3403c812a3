-- The verdict of each parcel in a run, and what people found on that declaration, block by block.
select
    slot.blk,
    array_bytes(array_agg(slot.pos order by slot.pos)) as pos,
    array_bytes(array_agg((
        case decision.finding
            when 'right' then 4 when 'wrong' then 5 when 'unclear' then 6
            else case outlier.status when 'confirmed' then 1 when 'inconclusive' then 2 else 3 end
        end
    )::smallint order by slot.pos)) as kind
from outlier
join parcel_slot as slot on slot.season = outlier.season and slot.pid = outlier.pid
left join decision_in_force as decision
    on decision.season = outlier.season
    and decision.pid = outlier.pid
    and decision.declared is not distinct from outlier.declared
where outlier.run = %(run)s
group by slot.blk
