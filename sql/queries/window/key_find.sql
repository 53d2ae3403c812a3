-- The key with a hash, if it is in force.
select id, user_id, user_name, label, rights, seasons, created_at, expires_at, last_used_at, revoked_at
from api_key
where hash = %(hash)s and revoked_at is null and expires_at > %(now)s
