-- The newest answer of a marker in each block: its status, and how many events each parcel has.
select
    latest.blk,
    array_bytes(state.status) as status,
    array_bytes(coalesce(event.pos, '{}')) as event_pos
from latest_marker_block as latest
join marker_state_block as state on state.run = latest.run and state.blk = latest.blk
left join lateral (
    select array_agg(distinct one.pos) as pos
    from marker_event_slot as one
    where one.run = latest.run and one.blk = latest.blk
) as event on true
where latest.season = %(season)s and latest.marker = %(marker)s
