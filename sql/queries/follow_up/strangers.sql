-- Which of these parcels a season does not have.
select wanted.pid
from unnest(%(pids)s::text[]) as wanted (pid)
where not exists (select from parcel where season = %(season)s and parcel.pid = wanted.pid)
order by wanted.pid
