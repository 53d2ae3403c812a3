-- What the markers answered for one parcel in some runs.
select
    state.run, state.marker, marker_run.version, marker_run.code, marker_run.made_at,
    state.window_start, state.window_end, state.status::text as status, state.reason::text as reason,
    state.confidence, state.gap_confidence, state.longest_gap_days, state.observations
from marker_state as state
join marker_run on marker_run.id = state.run
where state.season = %(season)s and state.pid = %(pid)s and state.run = any(%(runs)s)
order by state.marker, state.run
