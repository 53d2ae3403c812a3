-- The acquisitions that a CARD product is made from, the reference first.
select source.id, source.reference, source.platform, source.location, source.checksum
from card_source as link
join dias_catalogue as source on source.id = link.source_id
where link.card_id = %(card)s
order by link.role = 'secondary', source.id
