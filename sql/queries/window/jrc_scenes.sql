-- Scenes of a kind over a place whose products are held, in order of time, after a scene.
select distinct on (scene.obstime, scene.id)
    season.name as season, scene.id, scene.obstime, scene.reference as product
from season
join dias_catalogue as scene
    on scene.obstime >= season.starts and scene.obstime < season.ends + 1
where season.id = any(%(seasons)s::integer[])
    and scene.kind = %(kind)s
    and scene.location is not null
    and scene.online is distinct from false
    and scene.status not in ('superseded', 'failed')
    and (
        %(first)s::date is null
        or (scene.obstime at time zone 'UTC')::date between %(first)s and %(last)s
    )
    and (
        %(products)s::text[] is null
        or regexp_replace(scene.reference, '(\.SAFE)?(\.zip)?$', '') = any(%(products)s)
    )
    and st_intersects(scene.footprint, st_setsrid(st_makepoint(%(lon)s, %(lat)s), 4326))
    and (
        %(after)s::integer is null
        or (scene.obstime, scene.id) > (select obstime, id from dias_catalogue where id = %(after)s)
    )
order by scene.obstime, scene.id, season.id
limit %(limit)s
