-- The finding that a request of a user has brought already.
select bucket, pid, finding, reason, id
from quality_finding
where sample = %(sample)s and user_id = %(user_id)s and request = %(request)s
