-- The parcels of a tile in the order of their blocks.
select slot.blk, slot.pos, slot.pid, st_asbinary(parcel.geom)
from parcel_slot as slot
join parcel on parcel.season = slot.season and parcel.pid = slot.pid
where slot.season = %(season)s and slot.tile = %(tile)s
order by slot.blk, slot.pos
