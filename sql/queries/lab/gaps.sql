-- Gaps of a season as the report compares them with what was planted.
select
    card,
    satellite,
    rel_orbit,
    (expected_at at time zone 'UTC')::date as day,
    cause,
    state
from gap
where season = %(season)s
order by expected_at, card, satellite
