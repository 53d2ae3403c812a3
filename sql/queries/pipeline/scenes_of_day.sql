-- CARD scenes over a season that a run of a day of observation works on; run again, also those that
-- it has finished, so that what follows them is done again too.
select scene.id
from dias_catalogue as scene
join season on season.id = %(season)s and st_intersects(season.area, scene.footprint)
where scene.card = %(card)s
    and scene.obstime >= %(start)s and scene.obstime < %(end)s
    and scene.status <> 'superseded'
order by scene.id
