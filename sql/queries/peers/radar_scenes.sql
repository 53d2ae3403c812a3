-- Footprints of a season's extracted radar scenes that reach into an area, with their orbits.
select scene.rel_orbit, scene.direction, st_asbinary(scene.footprint) as footprint
from dias_catalogue as scene
where
    scene.card = any(array['bs', 'c6', 'c12'])
    and scene.status = 'extracted'
    and scene.obstime >= %(start)s and scene.obstime < %(end)s
    and scene.rel_orbit is not null
    and scene.footprint && st_makeenvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
