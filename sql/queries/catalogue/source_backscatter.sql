-- Link CARD-BS products to their GRD by name: CARD-BS is named after the GRD.
insert into card_source (card_id, source_id, role)
select card.id, source.id, 'reference'
from dias_catalogue as card
cross join lateral (
    select grd.id
    from dias_catalogue as grd
    where grd.kind = 'S1_GRD'
        and grd.obstime between card.obstime - interval '1 minute' and card.obstime + interval '1 minute'
        and grd.reference = regexp_replace(card.reference, '_CARD_BS$', '')
    order by grd.platform = card.platform desc, grd.published desc nulls last, grd.id
    limit 1
) as source
where card.card = 'bs'
    and card.obstime >= %(start)s
    and card.obstime < %(end)s
    and not exists (select 1 from card_source where card_source.card_id = card.id)
on conflict do nothing
