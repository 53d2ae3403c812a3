-- The parcels of some blocks, in the order of their slots.
select
    slot.blk,
    array_agg(slot.pos order by slot.pos) as pos,
    array_agg(parcel.pid order by slot.pos) as pids,
    array_agg(coalesce(parcel.crop, '') order by slot.pos) as crops,
    array_agg(parcel.area_m2 order by slot.pos) as area_m2,
    array_agg(coalesce(flag.reason, parcel.note, '') order by slot.pos) as notes,
    case when %(attributes)s then jsonb_agg(parcel.attributes order by slot.pos) end as attributes
from parcel_slot as slot
join parcel using (season, pid)
left join (
    select pid, max(reason) as reason
    from parcel_flag
    where season = %(season)s and reason = 'vanishes_under_inner_buffer'
    group by pid
) as flag on flag.pid = parcel.pid
where slot.season = %(season)s and slot.blk = any(%(blocks)s)
group by slot.blk
order by slot.blk
