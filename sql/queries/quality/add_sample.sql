-- Keep a draw; its items follow.
insert into quality_sample (season, made_at, manifest, list)
values (%(season)s, %(made_at)s, %(manifest)s, %(list)s)
returning id
