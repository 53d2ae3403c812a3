-- Blocks of signatures of one card, sensed in a span of time.
select
    scene.id as obsid, scene.obstime, scene.sensor, scene.rel_orbit, scene.direction,
    block.blk, block.band, block.rule,
    block.count, block.mean, block.std, block.min, block.max, block.p25, block.p50, block.p75
from dias_catalogue as scene
join signature_block as block
    on block.season = %(season)s and block.card = %(card)s and block.obsid = scene.id
where scene.obstime >= %(start)s and scene.obstime < %(end)s
order by scene.obstime, scene.id, block.blk, block.band
