-- Write the present state of a gap; a known one keeps its number of checks.
insert into gap (
    season, card, satellite, rel_orbit, direction, tile, expected_at, cause, evidence, state,
    parcels, blocks, found_at, checked_at, next_check, closed_at, obsid
)
values (
    %(season)s, %(card)s, %(satellite)s, %(rel_orbit)s, %(direction)s, %(tile)s, %(expected_at)s,
    %(cause)s, %(evidence)s, %(state)s, %(parcels)s, %(blocks)s, %(found_at)s, %(found_at)s, %(next_check)s,
    %(closed_at)s, %(obsid)s
)
on conflict (season, card, satellite, rel_orbit, tile, expected_at) do update
set direction = excluded.direction,
    cause = excluded.cause,
    evidence = excluded.evidence,
    state = excluded.state,
    parcels = excluded.parcels,
    blocks = excluded.blocks,
    found_at = excluded.found_at,
    next_check = excluded.next_check,
    closed_at = excluded.closed_at,
    obsid = excluded.obsid
returning id
