-- Takes a lease that nobody holds, or whose holder has not renewed it in time.
insert into lease (name, holder, token, taken_at, renewed_at)
values (%(name)s, %(holder)s, %(token)s, clock_timestamp(), clock_timestamp())
on conflict (name) do update
set
    holder = excluded.holder,
    token = excluded.token,
    taken_at = excluded.taken_at,
    renewed_at = excluded.renewed_at
where lease.renewed_at < clock_timestamp() - %(longest)s
returning name
