-- Add a key, unless its user has too many that are in force.
insert into api_key (hash, user_id, user_name, label, rights, seasons, created_at, expires_at)
select
    %(hash)s, %(user_id)s, %(user_name)s, %(label)s, %(rights)s, %(seasons)s, %(now)s,
    %(expires_at)s
where (
    select count(*) from api_key
    where user_id = %(user_id)s and revoked_at is null and expires_at > %(now)s
) < %(most)s
returning id, user_id, user_name, label, rights, seasons, created_at, expires_at, last_used_at, revoked_at
