-- The scenes of one pass over a season's area, level-1 first.
select
    scene.id as obsid, scene.reference as product, scene.kind, scene.card, scene.platform,
    scene.product_id, scene.sensor as satellite, scene.rel_orbit, scene.abs_orbit, scene.direction,
    scene.obstime as time, scene.endtime as ends, scene.published, scene.registered_at,
    scene.changed_at, scene.status, scene.cause, scene.reason, scene.attempts, scene.superseded_by,
    scene.location, scene.online, scene.size as size_bytes, scene.checksum, scene.baseline,
    scene.timeliness, scene.datatake, scene.slice, scene.tile, scene.engine,
    st_asgeojson(scene.footprint, 5)::json as footprint
from dias_catalogue as scene
join season on season.id = %(season)s
where scene.obstime between %(first)s and %(last)s
    and scene.sensor = %(satellite)s
    and scene.rel_orbit is not distinct from %(rel_orbit)s
    and (
        scene.footprint is null
        or st_intersects(scene.footprint, season.area)
        or scene.id = %(obsid)s
    )
order by scene.card nulls first, scene.obstime, scene.id
