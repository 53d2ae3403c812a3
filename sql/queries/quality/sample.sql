-- A draw with the name of its season.
select quality_sample.season as season, season.name, manifest, list
from quality_sample
join season on season.id = quality_sample.season
where quality_sample.id = %(sample)s
