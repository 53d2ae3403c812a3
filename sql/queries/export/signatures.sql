-- Blocks of signatures of one card, sensed within a span of time.
select
    scene.id as obsid, scene.obstime, scene.sensor, scene.rel_orbit, scene.direction,
    block.blk, block.band, block.rule,
    array_bytes(block.count) as count, array_bytes(block.mean) as mean,
    array_bytes(block.std) as std, array_bytes(block.min) as min, array_bytes(block.max) as max,
    array_bytes(block.p25) as p25, array_bytes(block.p50) as p50, array_bytes(block.p75) as p75
from dias_catalogue as scene
join signature_block as block
    on block.season = %(season)s and block.card = %(card)s and block.obsid = scene.id
where scene.obstime >= %(start)s and scene.obstime < %(end)s
order by scene.obstime, scene.id, block.blk, block.band
