-- Blocks of a season with the newest answers of some markers, block by block.
select
    latest.blk, latest.marker, latest.run, latest.version, latest.until,
    latest.window_start, latest.window_end, latest.input,
    array_bytes(state.status) as status,
    array_bytes(state.reason) as reason,
    array_bytes(state.confidence) as confidence,
    array_bytes(state.gap_confidence) as gap_confidence,
    array_bytes(state.longest_gap_days) as longest_gap_days,
    array_bytes(state.observations) as observations
from latest_marker_block as latest
join marker_state_block as state on state.run = latest.run and state.blk = latest.blk
where latest.season = %(season)s
  and (%(markers)s::text[] is null or latest.marker = any(%(markers)s))
  and (%(blocks)s::integer[] is null or latest.blk = any(%(blocks)s))
order by latest.blk, latest.marker
