-- Acquisitions of one kind over a season, sensed within a window.
select
    scene.reference, scene.sensor, scene.rel_orbit, scene.obstime, scene.size,
    st_asbinary(scene.footprint) as footprint
from dias_catalogue as scene
join season on season.id = %(season)s and st_intersects(season.area, scene.footprint)
where scene.kind = %(kind)s
    and scene.obstime >= %(start)s and scene.obstime < %(end)s
    and scene.status <> 'superseded'
order by scene.id
