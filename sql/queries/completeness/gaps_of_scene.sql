-- Numbers of the gaps of a season that are of the pass of a scene.
select gap.id
from dias_catalogue as scene
join gap
    on gap.satellite = scene.sensor
    and gap.rel_orbit is not distinct from scene.rel_orbit
    and gap.expected_at between scene.obstime - %(tolerance)s::interval and scene.obstime + %(tolerance)s::interval
where scene.id = %(scene)s and gap.season = %(season)s
order by gap.id
