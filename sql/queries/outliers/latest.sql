-- A season's latest outlier run, and what it says of its list in sentences.
select outlier_run.id, outlier_run.made_at, outlier_run.report -> 'in_words' as in_words
from outlier_run
join season on season.id = outlier_run.season
where season.name = %(season)s
order by outlier_run.id desc
limit 1
