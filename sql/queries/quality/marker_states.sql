-- The newest answer of every marker on a parcel.
select
    marker, version, window_start, window_end, status, reason, confidence, gap_confidence,
    longest_gap_days, observations
from latest_marker_states
where season = %(season)s and pid = %(pid)s
order by marker
