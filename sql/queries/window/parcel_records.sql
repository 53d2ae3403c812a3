-- One parcel's records with their scenes. An array that is not asked for is not read.
select
    block.card, block.band, block.obsid, scene.obstime, scene.sensor as satellite,
    scene.rel_orbit, scene.direction, scene.reference as product, block.rule,
    block.count[%(pos)s] as pixels,
    nullif(block.mean[%(pos)s], 'NaN') as mean,
    case when %(inner)s then nullif(block.p25[%(pos)s], 'NaN') end as p25,
    case when %(inner)s then nullif(block.p75[%(pos)s], 'NaN') end as p75
from signature_block as block
join dias_catalogue as scene on scene.id = block.obsid
where block.season = %(season)s
    and block.blk = %(blk)s
    and (%(cards)s::text[] is null or block.card = any(%(cards)s))
    and block.count[%(pos)s] <> 'NaN'
order by scene.obstime, block.obsid, block.band
