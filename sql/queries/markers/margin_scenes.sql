-- Scenes of the days just before and after a season with signatures in blocks of other seasons.
select
    scene.id, (scene.obstime at time zone 'UTC')::date as day, scene.card,
    coalesce(scene.rel_orbit, 0)::integer as orbit, coalesce(scene.direction, '') as direction
from season as own
join dias_catalogue as scene
    on (scene.obstime at time zone 'UTC')::date between own.starts - %(days)s and own.ends + %(days)s
    and (scene.obstime at time zone 'UTC')::date not between own.starts and own.ends
where own.id = %(season)s
  and scene.id in (
      select distinct obsid from signature_block
      where season = any(%(seasons)s) and blk = any(%(others)s)
  )
