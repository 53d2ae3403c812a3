-- Record the new state of an order.
update card_order
set state = %(state)s,
    workflow = coalesce(%(workflow)s, workflow),
    external_id = coalesce(%(external_id)s, external_id),
    reason = %(reason)s,
    result = coalesce(%(result)s, result),
    checked_at = now()
where id = %(id)s
returning id, platform, name, attempt, kind, source, workflow, external_id, state, reason, placed_at, result
