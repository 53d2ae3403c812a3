-- Parcels at places of the map, in the order in which they are asked for.
select
    one.place, parcel.pid, parcel.crop, slot.tile, round(parcel.area_m2::numeric / 10000, 2)::real as area_ha,
    st_x(parcel.centre) as longitude, st_y(parcel.centre) as latitude
from unnest(%(places)s::integer[]) with ordinality as one (place, number)
join parcel_slot as slot
    on slot.season = %(season)s
    and slot.blk = one.place / %(block_parcels)s + 1
    and slot.pos = one.place %% %(block_parcels)s + 1
join parcel on parcel.season = slot.season and parcel.pid = slot.pid
order by one.number
