-- Ledger rows near a season, one per scene and tile of its parcels that the footprint meets; a row
-- without footprint comes once, without tile. A Sentinel-2 scene counts for its own tile only.
with scene as (
    select
        id, reference, kind, card, sensor, rel_orbit, direction, obstime, tile, footprint,
        status, cause, reason, attempts
    from dias_catalogue
    where obstime >= %(start)s and obstime < %(end)s
),

covered as (
    select scene.id, block.tile, array_agg(block.blk) as blocks
    from scene
    join parcel_block as block
        on block.season = %(season)s
        and st_intersects(block.extent, scene.footprint)
        and (scene.tile is null or scene.tile = block.tile)
    group by scene.id, block.tile
)

select
    scene.id, scene.reference, scene.kind, scene.card, scene.sensor, scene.rel_orbit,
    scene.direction, scene.obstime, scene.status, scene.cause, scene.reason, scene.attempts,
    covered.tile, coalesce(covered.blocks, array[]::integer[]) as blocks,
    unit.status as unit, unit.cause as unit_cause, unit.reason as unit_reason, unit.records,
    clear_share.pixels, clear_share.clear
from scene
left join covered on covered.id = scene.id
left join extraction as unit
    on unit.season = %(season)s and unit.obsid = scene.id and unit.tile = covered.tile
left join clear_share
    on clear_share.season = unit.season and clear_share.obsid = unit.obsid and clear_share.tile = unit.tile
where covered.tile is not null or scene.footprint is null
order by scene.obstime, scene.id, covered.tile
