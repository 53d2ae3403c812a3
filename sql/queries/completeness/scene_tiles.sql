-- Ledger rows near a season, one per scene and tile of its parcels that the footprint meets; a row
-- without footprint comes once, without tile. A Sentinel-2 scene counts for its own tile only.
-- Blocks are compared one by one only where a footprint cuts through the blocks of a tile.
with scene as (
    select
        id, reference, kind, card, sensor, rel_orbit, direction, obstime, tile, footprint,
        status, cause, reason, attempts
    from dias_catalogue
    where obstime >= %(start)s and obstime < %(end)s
),

tile as materialized (
    select
        tile, array_agg(blk) as blocks, array_agg(extent) as extents,
        st_setsrid(st_extent(extent)::geometry, 4326) as extent
    from parcel_block
    where season = %(season)s
    group by tile
),

covered as materialized (
    select
        scene.id, tile.tile,
        case
            when st_covers(scene.footprint, tile.extent) then tile.blocks
            else (
                select array_agg(block.blk)
                from unnest(tile.blocks, tile.extents) as block (blk, extent)
                where st_intersects(block.extent, scene.footprint)
            )
        end as blocks
    from scene
    join tile
        on tile.extent && scene.footprint
        and (scene.tile is null or scene.tile = tile.tile)
)

select
    scene.id, scene.reference, scene.kind, scene.card, scene.sensor, scene.rel_orbit,
    scene.direction, scene.obstime, scene.status, scene.cause, scene.reason, scene.attempts,
    covered.tile, coalesce(covered.blocks, array[]::integer[]) as blocks,
    unit.status as unit, unit.cause as unit_cause, unit.reason as unit_reason, unit.records,
    clear_share.pixels, clear_share.clear
from scene
left join covered on covered.id = scene.id and covered.blocks is not null
left join extraction as unit
    on unit.season = %(season)s and unit.obsid = scene.id and unit.tile = covered.tile
left join clear_share
    on clear_share.season = unit.season and clear_share.obsid = unit.obsid and clear_share.tile = unit.tile
where covered.tile is not null or scene.footprint is null
order by scene.obstime, scene.id, covered.tile
