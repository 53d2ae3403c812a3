-- The colour of each parcel for a scheme in a run of rules, block by block.
select blk, array_bytes(colour) as kind
from verdict_block
where run = %(run)s and scheme = %(scheme)s
