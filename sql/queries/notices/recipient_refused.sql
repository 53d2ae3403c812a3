-- Record a recipient that the mail server refused while it took the mail for others.
insert into refused_recipient (recipient, error)
values (%(recipient)s, %(error)s)
on conflict (recipient) do update set error = excluded.error, last_at = now()
