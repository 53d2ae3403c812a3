-- Two runs, with what they were made from.
select
    run.id, run.season, season.name as season_name, run.made_at, run.model, run.labels,
    run.means, run.options, run.code,
    (select count(*) from outlier where outlier.run = run.id and outlier.status = 'outlier') as listed,
    (select max(rank) from outlier where outlier.run = run.id and outlier.status = 'outlier')
        as last_rank
from outlier_run as run
join season on season.id = run.season
where run.id = any(%(runs)s)
