-- The single facts that sent digests of a season have told.
select unnest(items) as item
from digest
where season = %(season)s and state = 'sent'
