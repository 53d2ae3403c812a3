-- The single facts that sent digests of a season contained.
select unnest(items) as item
from digest
where season = %(season)s and state = 'sent'
