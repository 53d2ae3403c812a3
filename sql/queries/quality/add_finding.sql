-- Record a finding.
insert into quality_finding
    (sample, season, bucket, pid, finding, reason, colour, inspector, found_at, replaced_by,
    user_id, photo, request)
values (
    %(sample)s, %(season)s, %(group)s, %(parcel)s, %(finding)s, %(reason)s,
    nullif(%(colour)s, ''), %(inspector)s, %(found_at)s, nullif(%(replaced_by)s, ''),
    %(user_id)s, %(photo)s, %(request)s
)
