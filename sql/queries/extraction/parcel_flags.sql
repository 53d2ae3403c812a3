-- Flag parcels once per card and rule; a parcel that was replaced meanwhile is not there any more.
insert into parcel_flag (season, pid, card, rule, reason, pixels)
select parcel.season, parcel.pid, %(card)s, %(rule)s, flag.reason, flag.pixels
from unnest(%(pids)s::text[], %(reasons)s::text[], %(pixels)s::real[])
    as flag (pid, reason, pixels)
join parcel on parcel.season = %(season)s and parcel.pid = flag.pid
order by parcel.pid
on conflict do nothing
