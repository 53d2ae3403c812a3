-- CARD scenes of a gap's pass that can still be processed. A row without footprint cannot.
select id, status, cause, reason, attempts, online
from dias_catalogue
where card = %(card)s
    and sensor = %(satellite)s
    and rel_orbit = %(rel_orbit)s
    and obstime between %(start)s and %(end)s
    and (tile is null or tile = %(tile)s)
    and footprint is not null
    and status in ('ingested', 'ordered', 'ready', 'inprogress', 'failed')
order by id
