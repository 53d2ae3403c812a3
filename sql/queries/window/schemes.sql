-- The schemes that a run of rules judged.
select distinct scheme
from verdict_block
where run = %(run)s
order by scheme
