-- An alert that could not be sent is free again.
update alert set claimed_at = null where task = %(task)s
