-- A scene of a season by its number or name: one that it extracts, or one over its area at its time.
-- Of several with a name, the one in force.
select scene.id, scene.sensor, scene.rel_orbit, scene.obstime
from dias_catalogue as scene
join season on season.id = %(season)s
where
    (
        (%(obsid)s::integer is not null and scene.id = %(obsid)s)
        or (%(name)s::text is not null and scene.reference = %(name)s)
    )
    and (
        exists (
            select from extraction as unit
            where unit.season = season.id and unit.obsid = scene.id
        )
        or (
            -- The first acquisition of a coherence pair lies before the season.
            scene.obstime >= season.starts - 13
            and scene.obstime < season.ends + 1
            and (scene.footprint is null or st_intersects(scene.footprint, season.area))
        )
    )
order by (scene.status = 'superseded'), scene.id
limit 1
