-- Parcels of a season in the order of their slots, with what the outlier step knows of each.
select parcel.pid, coalesce(parcel.crop, '') as crop, parcel.area_m2, slot.blk
from parcel
join parcel_slot as slot using (season, pid)
where parcel.season = %(season)s
order by slot.blk, slot.pos
