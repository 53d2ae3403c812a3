-- Record that a service does not answer; the wait doubles from try to try. Tasks that tried at the
-- same time are one try.
insert into platform_pause (platform, service, since, until, tries, said)
values (%(platform)s, %(service)s, %(now)s, %(now)s + %(first)s, 1, %(error)s)
on conflict (platform, service) do update
set until = %(now)s + least(%(first)s * 2 ^ least(platform_pause.tries, 20), %(longest)s),
    tries = platform_pause.tries + 1,
    said = excluded.said
where platform_pause.until <= excluded.since
