-- Gives a lease back.
delete from lease
where name = %(name)s and token = %(token)s
