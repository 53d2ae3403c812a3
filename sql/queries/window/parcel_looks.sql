-- One parcel's observations without their values: the valid pixels of the best band of each scene.
select
    block.card, block.obsid, scene.obstime, scene.sensor as satellite, scene.rel_orbit,
    scene.direction, scene.reference as product, max(block.count[%(pos)s]) as pixels
from signature_block as block
join dias_catalogue as scene on scene.id = block.obsid
where block.season = %(season)s
    and block.blk = %(blk)s
    and block.count[%(pos)s] <> 'NaN'
group by block.card, block.obsid, scene.id
order by scene.obstime, block.obsid
