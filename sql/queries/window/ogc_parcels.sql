-- Parcels by their places, with what the newest list says of each; outlines in degrees.
select
    (slot.blk - 1) * %(block_parcels)s + slot.pos - 1 as place,
    parcel.pid, parcel.crop, slot.tile,
    parcel.attributes ->> %(holding_column)s::text as holding,
    parcel.area_m2,
    listed.predicted, listed.probability, listed.rank,
    st_asgeojson(in_degrees(parcel.geom), 7) as geometry
from unnest(%(blk)s::integer[], %(pos)s::smallint[]) as wanted (blk, pos)
join parcel_slot as slot
    on slot.season = %(season)s and slot.blk = wanted.blk and slot.pos = wanted.pos
join parcel on parcel.season = slot.season and parcel.pid = slot.pid
left join outlier as listed
    on listed.pid = parcel.pid
    and listed.run = (select max(id) from outlier_run where season = %(season)s)
order by place
