-- For each parcel and list that decisions name: whether the season has them, and the declared crop.
select
    asked.number,
    parcel.pid is not null as in_season,
    outlier.pid is not null as in_run,
    case when outlier.pid is null then parcel.crop else outlier.declared end as declared,
    season.epoch
from season
cross join unnest(%(pids)s::text[], %(runs)s::integer[]) with ordinality as asked (pid, run, number)
left join parcel on parcel.season = season.id and parcel.pid = asked.pid
left join outlier
    on outlier.season = season.id
    and outlier.pid = asked.pid
    and outlier.run = coalesce(
        asked.run, (select max(id) from outlier_run where season = %(season)s)
    )
where season.id = %(season)s
order by asked.number
