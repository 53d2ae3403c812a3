-- The mail server has taken an alert.
update alert set sent_at = now() where task = %(task)s
