-- A page of a season's gaps in order of time, after a place in that order.
select
    id, card, satellite, rel_orbit, direction, tile, expected_at, cause, evidence, state, parcels,
    found_at, checked_at, attempts, next_check, closed_at, obsid
from gap
where season = %(season)s
    and (%(everything)s or closed_at is null)
    and (%(card)s::text is null or card::text = %(card)s::text)
    and (%(cause)s::text is null or cause::text = %(cause)s::text)
    and (%(state)s::text is null or state::text = %(state)s::text)
    and (expected_at, id) > (%(after_at)s, %(after_id)s)
order by expected_at, id
limit %(limit)s
