-- Parcels of a season in the order of their blocks.
select
    parcel.pid, parcel.crop, parcel.area_m2, slot.tile, parcel.repaired, parcel.note,
    parcel.attributes::text as attributes, st_asbinary(parcel.geom) as geometry
from parcel
left join parcel_slot as slot using (season, pid)
where parcel.season = %(season)s
order by slot.blk, slot.pos
