-- Record a new order of a product that is about to be placed.
insert into card_order (platform, name, attempt, kind, source, state)
select %(platform)s, %(name)s, coalesce(max(attempt), 0) + 1, %(kind)s, %(source)s, 'placing'
from card_order
where platform = %(platform)s and name = %(name)s
returning id, platform, name, attempt, kind, source, workflow, external_id, state, reason, placed_at, result
