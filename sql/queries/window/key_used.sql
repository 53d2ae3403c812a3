-- Note that a key was used: at most once a minute, and never waiting for another request.
update api_key set last_used_at = %(now)s
where id in (
    select id from api_key
    where id = %(id)s
        and (last_used_at is null or last_used_at < %(now)s - interval '1 minute')
    for update skip locked
)
