-- Who holds a lease, and since when.
select holder, taken_at from lease
where name = %(name)s
