-- Open gaps of a season whose next check is due, oldest first.
select id, card, satellite, rel_orbit, tile, expected_at, cause, attempts
from gap
where season = %(season)s
    and closed_at is null
    and (%(everything)s or next_check <= %(now)s)
order by expected_at, id
