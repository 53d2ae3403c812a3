-- The colours of a run of rules, scheme by scheme and block by block, by position.
select scheme, array_bytes(colour) as colour
from verdict_block
where run = %(run)s
