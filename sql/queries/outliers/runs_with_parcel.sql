-- Runs in which a parcel has a verdict, the latest first: one run, or all of a season, or all.
select
    run.id, run.season, season.name as season_name, run.made_at, run.model
from outlier_run as run
join season on season.id = run.season
join outlier on outlier.run = run.id and outlier.pid = %(pid)s
where (%(run)s::integer is null or run.id = %(run)s)
  and (%(season)s::text is null or season.name = %(season)s)
order by run.id desc
