-- The position of one parcel in the blocks of its season.
select slot.tile, slot.blk, slot.pos, parcel.crop, parcel.area_m2, parcel.note
from parcel_slot as slot
join parcel on parcel.season = slot.season and parcel.pid = slot.pid
where slot.season = %(season)s and slot.pid = %(pid)s
