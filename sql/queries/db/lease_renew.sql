-- Renews a lease, if it is still held.
update lease set renewed_at = clock_timestamp()
where name = %(name)s and token = %(token)s
