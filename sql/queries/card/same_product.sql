-- Products made here and on a platform from the same acquisition, both in force.
select distinct ours.id as ours, ours.status as our_status, listed.id as listed
from dias_catalogue as ours
join card_source as mine on mine.card_id = ours.id and mine.role = 'reference'
join card_source as theirs on theirs.source_id = mine.source_id and theirs.role = 'reference'
join dias_catalogue as listed on listed.id = theirs.card_id and listed.card = ours.card
where ours.platform = %(made)s
    and listed.platform <> %(made)s
    and ours.card = %(card)s
    and ours.obstime >= %(start)s and ours.obstime < %(end)s
    and ours.superseded_by is null
    and listed.superseded_by is null
    and (listed.status <> 'failed' or listed.engine is not null)
order by ours.id, listed.id
