-- Keeps a lease from being taken over until the transaction ends, if it is still held.
select name from lease
where name = %(name)s and token = %(token)s
for update
