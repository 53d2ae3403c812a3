-- CARD scenes of the pass of a scene; or only the versions of the one product that it is.
select other.id
from dias_catalogue as one
join dias_catalogue as other
    on other.sensor = one.sensor
    and other.rel_orbit is not distinct from one.rel_orbit
    and other.obstime between one.obstime - %(tolerance)s::interval and one.obstime + %(tolerance)s::interval
where one.id = %(scene)s
    and other.card = %(card)s
    and other.status <> 'superseded'
    and (
        not %(alone)s
        or (
            other.tile is not distinct from one.tile
            and other.obstime between one.obstime - interval '2 seconds' and one.obstime + interval '2 seconds'
        )
    )
order by other.id
