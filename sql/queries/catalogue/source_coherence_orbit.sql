-- Copy the orbit to a coherence product without one, from the acquisition that it starts with.
update dias_catalogue as card
set rel_orbit = source.rel_orbit,
    abs_orbit = coalesce(card.abs_orbit, source.abs_orbit),
    direction = coalesce(card.direction, source.direction)
from dias_catalogue as bare
cross join lateral (
    select slc.rel_orbit, slc.abs_orbit, slc.direction
    from dias_catalogue as slc
    where slc.kind = 'S1_SLC'
        and slc.rel_orbit is not null
        and slc.obstime between bare.obstime - interval '30 seconds' and bare.obstime + interval '30 seconds'
        and st_intersects(slc.footprint, bare.footprint)
    order by abs(extract(epoch from slc.obstime - bare.obstime)), slc.id
    limit 1
) as source
where card.id = bare.id
    and bare.card in ('c6', 'c12')
    and bare.rel_orbit is null
    and bare.obstime >= %(start)s - interval '30 seconds'
    and bare.obstime < %(end)s + interval '30 seconds'
