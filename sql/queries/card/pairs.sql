-- Pairs of acquisitions a number of days apart over common ground, the later one in a window, out
-- of which there is no coherence product yet, nor one to be made: at most two for a later one. What
-- the platform has put offline counts only where it is asked to make the product itself.
select
    later.id, later.reference, later.obstime, later.endtime, later.sensor, later.rel_orbit,
    later.abs_orbit, later.direction, later.datatake, later.slice, later.tile, later.timeliness,
    earlier.id as secondary, earlier.reference as secondary_reference,
    st_asbinary(earlier.common) as footprint
from dias_catalogue as later
cross join lateral (
    select found.id, found.reference, found.common
    from (
        select distinct on (slc.reference)
            slc.id, slc.reference,
            st_multi(st_collectionextract(st_intersection(slc.footprint, later.footprint), 3)) as common
        from dias_catalogue as slc
        where slc.kind = 'S1_SLC'
            and slc.rel_orbit = later.rel_orbit
            and slc.obstime between
                later.obstime - %(apart)s - %(tolerance)s and later.obstime - %(apart)s + %(tolerance)s
            and slc.status <> 'superseded'
            and (slc.online is distinct from false or %(offline)s)
            and st_intersects(slc.footprint, later.footprint)
        order by slc.reference, slc.platform = later.platform desc, slc.id
    ) as found
    where st_area(found.common) >= %(least)s * st_area(later.footprint)
    order by st_area(found.common) desc
    limit 2
) as earlier
where later.kind = 'S1_SLC'
    and later.obstime >= %(start)s and later.obstime < %(end)s
    and later.obstime < %(before)s
    and later.status <> 'superseded'
    and (later.online is distinct from false or %(offline)s)
    and not exists (
        select from card_source as link
        join dias_catalogue as card on card.id = link.card_id
        where link.source_id = later.id
            and link.role = 'reference'
            and card.card = %(card)s
            and card.superseded_by is null
            and case
                when card.platform = %(made)s then exists (
                    select from card_source as other
                    where other.card_id = card.id and other.source_id = earlier.id
                )
                else card.status <> 'failed' or card.engine is not null
            end
    )
order by later.obstime, later.id, earlier.id
