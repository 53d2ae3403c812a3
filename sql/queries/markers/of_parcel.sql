-- The newest answers for one parcel. Its block is found first, so that only runs of that one are read.
select
    latest.marker, latest.version, latest.run, latest.made_at, latest.window_start, latest.window_end,
    (enum_range(null::marker_status))[state.status[slot.pos]]::text as status,
    (enum_range(null::marker_reason))[state.reason[slot.pos]]::text as reason,
    nullif(state.confidence[slot.pos], 'NaN') as confidence,
    state.gap_confidence[slot.pos] as gap_confidence,
    state.longest_gap_days[slot.pos] as longest_gap_days,
    state.observations[slot.pos] as observations,
    (
        select coalesce(jsonb_object_agg(named.name, named.value[slot.pos]), '{}')
        from marker_value_block as named
        where named.run = latest.run and named.blk = latest.blk and named.value[slot.pos] <> 'NaN'
    ) as "values",
    input.missing
from parcel_slot as slot
join latest_marker_block as latest on latest.season = slot.season
join marker_state_block as state on state.run = latest.run and state.blk = latest.blk
join marker_input as input on input.id = latest.input
where slot.season = %(season)s and slot.pid = %(pid)s
  and latest.season = %(season)s
  and latest.blk = (select blk from parcel_slot where season = %(season)s and pid = %(pid)s)
  and (%(markers)s::text[] is null or latest.marker = any(%(markers)s))
order by latest.marker
