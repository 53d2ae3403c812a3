-- Move a watermark forward only. A publication dated into the future would blind every later poll.
insert into catalogue_watermark (platform, season, kind, published)
values (%(platform)s, %(season)s, %(kind)s, least(%(published)s, now()))
on conflict (platform, season, kind) do update
set published = greatest(catalogue_watermark.published, excluded.published), polled_at = now()
