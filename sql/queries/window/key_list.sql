-- The keys of a user, the newest first.
select id, user_id, user_name, label, rights, seasons, created_at, expires_at, last_used_at, revoked_at
from api_key
where user_id = %(user_id)s
order by id desc
limit 500
