-- Geometries of one block's parcels, in the season's CRS and in the order of their slots.
select slot.pos, st_asbinary(parcel.geom) as geom
from parcel_slot as slot
join parcel using (season, pid)
where slot.season = %(season)s and slot.blk = %(blk)s
order by slot.pos
