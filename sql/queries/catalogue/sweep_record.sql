-- Record that a sweep or round of deletions over a platform was done.
insert into catalogue_round (platform, season, what, done_at)
values (%(platform)s, %(season)s, %(what)s, %(done_at)s)
on conflict (platform, season, what) do update
set done_at = greatest(catalogue_round.done_at, excluded.done_at)
