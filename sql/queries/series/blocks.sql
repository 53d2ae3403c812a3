-- The blocks of a season, with position and crop of their parcels.
select blk, array_agg(pos order by pos) as pos, array_agg(coalesce(parcel.crop, '') order by pos) as crops
from parcel_slot as slot
join parcel using (season, pid)
where season = %(season)s
group by blk
order by blk
