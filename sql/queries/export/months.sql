-- Months (in UTC) that a card has signatures of.
select distinct date_trunc('month', scene.obstime at time zone 'UTC')::date as month
from (
    select distinct obsid from signature_block where season = %(season)s and card = %(card)s
) as block
join dias_catalogue as scene on scene.id = block.obsid
order by month
