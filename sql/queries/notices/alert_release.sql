-- Release an alert that could not be sent.
update alert set claimed_at = null where task = %(task)s
