-- Count a try of an alert that the mail server refused; after too many it is set aside.
update alert
set claimed_at = null,
    attempts = attempts + 1,
    error = %(error)s,
    set_aside_at = case when attempts + 1 >= %(most)s then now() end
where task = %(task)s
