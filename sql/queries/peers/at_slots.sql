-- Parcels at some positions of a block, in order of position.
select pid
from parcel_slot
where season = %(season)s and blk = %(blk)s and pos = any(%(positions)s)
order by pos
