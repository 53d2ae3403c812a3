-- Revoke a key of a user; one that is revoked already keeps its time.
update api_key set revoked_at = coalesce(revoked_at, %(now)s)
where id = %(id)s and user_id = %(user_id)s
returning id
