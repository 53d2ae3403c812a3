-- The places of the parcels that a filter of the map lets through.
select (slot.blk - 1) * %(block_parcels)s + slot.pos - 1 as place
from parcel_slot as slot
join parcel using (season, pid)
where
    slot.season = %(season)s
    and (%(crop)s::text is null or parcel.crop = %(crop)s)
    and (%(tile)s::text is null or slot.tile = %(tile)s)
    and (%(holding)s::text is null or parcel.attributes ->> %(holding_column)s::text = %(holding)s)
