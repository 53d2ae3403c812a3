-- The newest answers of a season, block by block: numbers of status and reason by position.
select
    latest.marker, latest.version, array_bytes(state.status) as status, array_bytes(state.reason) as reason
from latest_marker_block as latest
join marker_state_block as state on state.run = latest.run and state.blk = latest.blk
where latest.season = %(season)s
