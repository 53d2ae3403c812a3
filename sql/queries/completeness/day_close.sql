-- Record that the run of a day of observation has ended.
insert into observed_day (season, card, day, report)
values (%(season)s, %(card)s, %(day)s, %(report)s)
on conflict (season, card, day) do update set closed_at = now(), report = excluded.report
