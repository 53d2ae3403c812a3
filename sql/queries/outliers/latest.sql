-- A season's latest outlier run, the number of crops it knows, and what it says of its list.
select
    outlier_run.id, outlier_run.made_at, outlier_run.report -> 'in_words' as in_words,
    coalesce((outlier_run.report ->> 'crops')::integer, 0) as crops
from outlier_run
join season on season.id = outlier_run.season
where season.name = %(season)s
order by outlier_run.id desc
limit 1
