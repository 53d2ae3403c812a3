-- An L2A is made from the L1C of its tile, time and datastrip: the one most like it on the ground.
insert into card_source (card_id, source_id, role)
select card.id, source.id, 'reference'
from dias_catalogue as card
cross join lateral (
    select l1c.id
    from dias_catalogue as l1c
    where l1c.kind = 'S2_L1C'
        and l1c.obstime between card.obstime - interval '1 minute' and card.obstime + interval '1 minute'
        and l1c.sensor = card.sensor
        and l1c.tile = card.tile
        and st_intersects(l1c.footprint, card.footprint)
    order by
        round((
            st_area(st_intersection(l1c.footprint, card.footprint))
            / st_area(st_union(l1c.footprint, card.footprint))
        )::numeric, 1) desc,
        l1c.platform = card.platform desc,
        l1c.baseline = card.baseline desc nulls last,
        l1c.published desc nulls last,
        l1c.id
    limit 1
) as source
where card.card = 's2'
    and card.obstime >= %(start)s
    and card.obstime < %(end)s
    and not exists (select 1 from card_source where card_source.card_id = card.id)
on conflict do nothing
