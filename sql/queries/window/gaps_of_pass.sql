-- The gaps of one pass, open and closed.
select
    id, card, tile, expected_at, cause, evidence, state, parcels, found_at, checked_at, attempts,
    next_check, closed_at, obsid
from gap
where season = %(season)s
    and satellite = %(satellite)s
    and rel_orbit is not distinct from %(rel_orbit)s
    and expected_at between %(first)s and %(last)s
order by card, tile, id
