-- The place of a parcel.
select (blk - 1) * %(block_parcels)s + pos - 1 as place
from parcel_slot
where season = %(season)s and pid = %(pid)s
