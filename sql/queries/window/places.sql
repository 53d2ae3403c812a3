-- Where a season's parcels are, block by block: longitude and latitude of the centres, and areas.
select
    slot.blk, slot.tile,
    array_bytes(array_agg(slot.pos order by slot.pos)) as pos,
    array_bytes(array_agg(st_x(parcel.centre)::real order by slot.pos)) as longitude,
    array_bytes(array_agg(st_y(parcel.centre)::real order by slot.pos)) as latitude,
    array_bytes(array_agg((parcel.area_m2 / 10000)::real order by slot.pos)) as area_ha
from parcel_slot as slot
join parcel using (season, pid)
where slot.season = %(season)s
group by slot.blk, slot.tile
order by slot.blk
