-- Gaps of a season in order of time, columns as dias_cbm.completeness.gaps.Gap has them.
select
    id, season, card, satellite, rel_orbit, direction, tile, expected_at, cause, evidence, state,
    parcels, found_at, checked_at, attempts, next_check, closed_at, obsid, blocks
from gap
where season = %(season)s and (closed_at is null or not %(only_open)s)
order by expected_at, card, satellite, tile, id
