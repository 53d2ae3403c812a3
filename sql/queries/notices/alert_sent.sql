-- Record that the mail server has accepted an alert.
update alert set sent_at = now() where task = %(task)s
