-- Parcels that a person has to look at: outliers of the newest run by rank, then those with a red,
-- then those with a yellow verdict of the newest run of rules; and how many there are in all.
with doubted as (
    select pid, 1 as urgency, rank
    from latest_outliers
    where season = %(season)s and status = 'outlier'
    union all
    select pid, case colour when 'red' then 2 else 3 end as urgency, null as rank
    from verdict
    where run = (select max(id) from scheme_run where season = %(season)s)
        and season = %(season)s and colour in ('red', 'yellow')
),

chosen as (
    select pid, min(urgency) as urgency, min(rank) as rank
    from doubted
    where %(pids)s::text[] is null or pid = any(%(pids)s)
    group by pid
)

select chosen.pid, parcel.crop, parcel.area_m2, count(*) over () as total
from chosen
join parcel on parcel.season = %(season)s and parcel.pid = chosen.pid
order by chosen.urgency, chosen.rank nulls last, chosen.pid
limit %(limit)s
