-- Parcels of a season block by block, in the order of their slots: a row each would take longer to
-- read than their means. The holding is the value of an attribute, if one is named.
select
    slot.blk,
    array_agg(parcel.pid order by slot.pos) as pids,
    array_agg(coalesce(parcel.crop, '') order by slot.pos) as crops,
    array_agg(parcel.area_m2 order by slot.pos) as area_m2,
    array_agg(
        coalesce(parcel.attributes ->> %(holding)s::text, '') order by slot.pos
    ) as holdings
from parcel
join parcel_slot as slot using (season, pid)
where parcel.season = %(season)s
group by slot.blk
order by slot.blk
