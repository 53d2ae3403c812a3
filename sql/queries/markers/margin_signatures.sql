-- The same as markers/signatures, of blocks of other seasons that hold parcels of some blocks.
select
    link.blk, link.season, link.other, block.card, block.obsid, block.band,
    case when block.card || ':' || block.band = any(%(counted)s) then array_bytes(block.count) end as count,
    case when not %(median)s and block.card || ':' || block.band = any(%(levels)s) then array_bytes(block.mean) end
        as level,
    case when %(median)s and block.card || ':' || block.band = any(%(levels)s) then array_bytes(block.p50) end
        as middle,
    case when block.band || ':mean' = any(%(statistics)s) then array_bytes(block.mean) end as mean,
    case when block.band || ':std' = any(%(statistics)s) then array_bytes(block.std) end as std,
    case when block.band || ':min' = any(%(statistics)s) then array_bytes(block.min) end as min,
    case when block.band || ':max' = any(%(statistics)s) then array_bytes(block.max) end as max,
    case when block.band || ':p25' = any(%(statistics)s) then array_bytes(block.p25) end as p25,
    case when block.band || ':p50' = any(%(statistics)s) then array_bytes(block.p50) end as p50,
    case when block.band || ':p75' = any(%(statistics)s) then array_bytes(block.p75) end as p75
from unnest(%(blks)s::integer[], %(seasons)s::smallint[], %(others)s::integer[])
    as link (blk, season, other)
join signature_block as block on block.season = link.season and block.blk = link.other
where block.obsid = any(%(scenes)s)
  and block.card || ':' || block.band = any(%(wanted)s)
order by link.blk
