-- Coherence products that do not have both acquisitions of their pair yet.
select card.id, card.reference, card.obstime, card.endtime
from dias_catalogue as card
where card.card in ('c6', 'c12')
    and card.obstime >= %(start)s
    and card.obstime < %(end)s
    and card.footprint is not null
    and (select count(*) from card_source where card_source.card_id = card.id) < 2
order by card.id
