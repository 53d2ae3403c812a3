-- Products of a season's area and days: one by its id, or the newest that are held at some place.
-- Level-1C can be looked at as a CARD of Sentinel-2 can.
select
    scene.id as obsid, coalesce(scene.card, 's2') as card, scene.kind, scene.obstime as at, scene.sensor as satellite,
    scene.rel_orbit as orbit, scene.direction, scene.tile, scene.reference as product,
    0 as pixels, null as clear_share, null as ndvi, scene.platform, scene.location,
    (
        select max(unit.finished_at) from extraction as unit
        where unit.season = season.id and unit.obsid = scene.id
    ) as extracted_at,
    concat_ws(' ', scene.checksum, scene.size, extract(epoch from scene.published)) as changed,
    scene.cause::text as cause, scene.online, scene.changed_at, scene.reason
from season
join dias_catalogue as scene
    on scene.obstime >= season.starts and scene.obstime < season.ends + 1
    and (scene.footprint is null or st_intersects(scene.footprint, season.area))
where season.id = %(season)s and (scene.card is not null or scene.kind = 'S2_L1C')
    and (
        scene.id = %(obsid)s::integer
        or (
            scene.card = %(card)s and scene.location is not null
            and scene.online is distinct from false
            and scene.status not in ('superseded', 'failed')
            and (
                %(west)s::double precision is null
                or st_intersects(
                    scene.footprint,
                    st_makeenvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
                )
            )
        )
    )
order by scene.obstime desc, scene.id desc
limit %(limit)s
