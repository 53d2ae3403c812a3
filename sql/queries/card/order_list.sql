-- A platform's orders, latest first.
select name, attempt, external_id, state, reason, placed_at
from card_order
where platform = %(platform)s
order by placed_at desc, id desc
limit 200
