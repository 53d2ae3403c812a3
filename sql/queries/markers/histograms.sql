-- Scene classes of some blocks, block by block; class 0 is no pixel.
select blk, obsid, class as scl, array_bytes(count) as count
from histogram_block
where season = %(season)s and blk = any(%(blocks)s) and class > 0
order by blk
