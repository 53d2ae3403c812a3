-- Findings on a sample, oldest first.
select
    bucket, pid, finding, reason, coalesce(colour, '') as colour, inspector, found_at,
    coalesce(replaced_by, '') as replaced_by
from quality_finding
where sample = %(sample)s
order by id
