-- One acquisition of a coherence pair: the slice of that day and orbit that covers most of it.
insert into card_source (card_id, source_id, role)
select card.id, source.id, %(role)s
from dias_catalogue as card
cross join lateral (
    select slc.id
    from dias_catalogue as slc
    where slc.kind = 'S1_SLC'
        and slc.obstime >= %(day)s
        and slc.obstime < %(day)s + interval '1 day'
        and slc.rel_orbit = card.rel_orbit
        and st_intersects(slc.footprint, card.footprint)
    order by
        slc.status = 'superseded',
        st_area(st_intersection(slc.footprint, card.footprint)) desc,
        slc.platform = card.platform desc,
        slc.published desc nulls last,
        slc.id
    limit 1
) as source
where card.id = %(card)s
    and not exists (
        select 1 from card_source where card_source.card_id = card.id and card_source.role = %(role)s
    )
on conflict do nothing
