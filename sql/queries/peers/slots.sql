-- Blocks and positions of some parcels.
select pid, blk, pos
from parcel_slot
where season = %(season)s and pid = any(%(pids)s)
