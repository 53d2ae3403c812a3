-- Observations of the backscatter in VH: pixels and quartiles within each parcel, block by block.
select
    block.blk,
    (scene.obstime at time zone 'UTC')::date as day,
    array_bytes(block.count) as count,
    array_bytes(block.p25) as p25,
    array_bytes(block.p75) as p75
from signature_block as block
join dias_catalogue as scene on scene.id = block.obsid
where block.season = %(season)s and block.card = 'bs' and block.band = 'VH'
order by block.blk, block.obsid
