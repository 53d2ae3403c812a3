-- The season's own means and pixel counts by block, then by observation, with day and direction of the pass.
select
    block.blk, block.card, block.band, (scene.obstime at time zone 'UTC')::date as day,
    coalesce(scene.direction, '*') as direction, block.obsid,
    array_bytes(block.mean) as mean, array_bytes(block.count) as count
from signature_block as block
join dias_catalogue as scene on scene.id = block.obsid
where block.season = %(season)s
order by block.blk, block.obsid
