-- Removes leases that nobody has renewed for long: their holders are dead.
delete from lease
where name in (
    select name from lease
    where renewed_at < clock_timestamp() - %(dead)s
    for update skip locked
)
