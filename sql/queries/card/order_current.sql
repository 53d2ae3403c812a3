-- The latest order of a product.
select id, platform, name, attempt, kind, source, workflow, external_id, state, reason, placed_at, result
from card_order
where platform = %(platform)s and name = %(name)s
order by attempt desc
limit 1
