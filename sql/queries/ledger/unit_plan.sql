-- Plan a unit for each season of the scene's day and each tile with parcels under the scene. A
-- Sentinel-2 scene is one tile, and holds the parcels of that home tile whole.
insert into extraction (season, obsid, tile)
select distinct season.id, scene.id, block.tile
from dias_catalogue as scene
join season
    on (scene.obstime at time zone 'UTC')::date between season.starts and season.ends
join parcel_block as block
    on block.season = season.id
    and (scene.tile is null or block.tile = scene.tile)
    and st_intersects(block.extent, scene.footprint)
where scene.id = %(scene)s
on conflict (season, obsid, tile) do nothing
