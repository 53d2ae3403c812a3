-- What people found on declarations that a run judged, block by block.
select
    slot.blk,
    array_bytes(array_agg(slot.pos order by slot.pos)) as pos,
    array_bytes(array_agg(
        (case decision.finding when 'right' then 4 when 'wrong' then 5 else 6 end)::smallint
        order by slot.pos
    )) as kind
from decision_in_force as decision
join outlier
    on outlier.run = %(run)s
    and outlier.pid = decision.pid
    and outlier.declared is not distinct from decision.declared
join parcel_slot as slot on slot.season = decision.season and slot.pid = decision.pid
where decision.season = %(season)s
group by slot.blk
