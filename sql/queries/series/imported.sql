-- The means and pixel counts of an imported source, block by block.
select
    blk, card, band, day, direction,
    array_bytes(pos) as pos, array_bytes(mean) as mean, array_bytes(count) as count
from series_block
where source = %(source)s
order by blk
