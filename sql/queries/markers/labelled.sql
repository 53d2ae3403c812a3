-- The blocks of some parcels of a season, and which of the parcels it has.
select blk, array_agg(pid) as pids
  from parcel_slot
 where season = %(season)s
   and pid = any(%(pids)s)
 group by blk
 order by blk
