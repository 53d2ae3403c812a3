-- What some scenes were made from, and what was made of them.
select link.card_id, link.source_id, link.role, made.reference as made, source.reference as source
from card_source as link
join dias_catalogue as made on made.id = link.card_id
join dias_catalogue as source on source.id = link.source_id
where link.card_id = any(%(ids)s) or link.source_id = any(%(ids)s)
order by link.card_id, source.obstime, source.id
