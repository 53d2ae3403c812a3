-- The same as markers/histograms, of blocks of other seasons that hold parcels of some blocks.
select link.blk, link.season, link.other, block.obsid, block.class as scl, array_bytes(block.count) as count
from unnest(%(blks)s::integer[], %(seasons)s::smallint[], %(others)s::integer[])
    as link (blk, season, other)
join histogram_block as block on block.season = link.season and block.blk = link.other
where block.obsid = any(%(scenes)s) and block.class > 0
order by link.blk
