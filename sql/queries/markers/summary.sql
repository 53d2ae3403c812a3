-- The newest answers of a season, counted by marker, status and reason.
with parcel_state as (
    select latest.marker, latest.version, each.status, each.reason
    from latest_marker_block as latest
    join marker_state_block as state on state.run = latest.run and state.blk = latest.blk
    cross join lateral unnest(state.status, state.reason) as each (status, reason)
    where latest.season = %(season)s and each.status > 0
)

select
    marker, version,
    (enum_range(null::marker_status))[status]::text as status,
    (enum_range(null::marker_reason))[reason]::text as reason,
    count(*)::integer as parcels
from parcel_state
group by marker, version, parcel_state.status, parcel_state.reason
order by marker, version, parcel_state.status, parcel_state.reason
