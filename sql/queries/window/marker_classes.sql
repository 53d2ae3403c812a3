-- The newest answer of a marker in each block: the status of each parcel.
select latest.blk, array_bytes(state.status) as kind
from latest_marker_block as latest
join marker_state_block as state on state.run = latest.run and state.blk = latest.blk
where latest.season = %(season)s and latest.marker = %(marker)s
