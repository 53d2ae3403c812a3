-- All findings on one item of a quality sample, the newest first.
select
    id, sample, bucket, pid, finding, reason, colour, inspector, user_id, found_at, recorded_at,
    photo, replaced_by, request
from quality_finding
where sample = %(sample)s and bucket = %(bucket)s and pid = %(pid)s
order by id desc
