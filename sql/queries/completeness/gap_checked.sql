-- Record that the platform was asked for a gap again.
update gap
set attempts = %(attempts)s, checked_at = %(now)s, next_check = %(next)s
where id = %(gap)s
