-- The red and yellow parcels of each scheme in a run of rules, red ones first.
select
    slot.pid, (enum_range(null::verdict_colour))[one.colour]::text as kind, block.scheme, parcel.crop,
    parcel.attributes ->> %(holding)s::text as holding, slot.tile, parcel.area_m2 / 10000 as area_ha,
    null::integer as rank, null as predicted, null::real as wrong, false as calibrated, null as finding
from verdict_block as block
cross join lateral unnest(block.colour) with ordinality as one (colour, pos)
join parcel_slot as slot
    on slot.season = block.season and slot.blk = block.blk and slot.pos = one.pos
join parcel on parcel.season = slot.season and parcel.pid = slot.pid
where block.run = %(run)s and one.colour in (3, 4)
order by one.colour desc, block.scheme, slot.pid
