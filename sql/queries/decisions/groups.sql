-- The group of each crop in a season: the season's own row before the agency's.
select distinct on (crop) crop, name
from crop_group
where season = %(season)s or season is null
order by crop, season nulls last
