-- CARD scenes over a season that appeared, or were restored, after their day of observation was
-- closed.
select scene.id
from dias_catalogue as scene
join season on season.id = %(season)s and st_intersects(season.area, scene.footprint)
join observed_day as closed
    on closed.season = season.id and closed.card = scene.card
    and closed.day = (scene.obstime at time zone 'UTC')::date
where scene.status in ('ingested', 'ordered', 'ready', 'inprogress')
order by scene.id
