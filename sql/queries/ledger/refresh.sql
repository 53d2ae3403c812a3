-- Refresh the metadata of a scene that was listed before. "changed": it was published again.
with before as (
    select id, status, cause, reason, published, size, checksum
    from dias_catalogue
    where platform = %(platform)s and product_id = %(product_id)s
    for no key update
)
update dias_catalogue as scene
set reference = %(reference)s,
    -- The times of an entry without a footprint are not trusted either.
    obstime = case when %(status)s::text = 'failed' and scene.footprint is not null then scene.obstime else %(obstime)s end,
    endtime = case when %(status)s::text = 'failed' and scene.footprint is not null then scene.endtime else %(endtime)s end,
    published = coalesce(%(published)s, scene.published),
    rel_orbit = coalesce(%(rel_orbit)s, scene.rel_orbit),
    abs_orbit = coalesce(%(abs_orbit)s, scene.abs_orbit),
    direction = coalesce(%(direction)s, scene.direction),
    datatake = coalesce(%(datatake)s, scene.datatake),
    slice = coalesce(%(slice)s, scene.slice),
    tile = coalesce(%(tile)s, scene.tile),
    baseline = coalesce(%(baseline)s, scene.baseline),
    timeliness = coalesce(%(timeliness)s, scene.timeliness),
    footprint = coalesce(st_geomfromwkb(%(footprint)s, 4326), scene.footprint),
    location = coalesce(%(location)s, scene.location),
    online = coalesce(%(online)s, scene.online),
    size = coalesce(%(size)s, scene.size),
    checksum = coalesce(%(checksum)s, scene.checksum)
from before
where scene.id = before.id
returning
    scene.id,
    before.status,
    before.cause,
    before.reason,
    scene.footprint is not null as has_footprint,
    (scene.published, scene.size, scene.checksum)
        is distinct from (before.published, before.size, before.checksum) as changed
