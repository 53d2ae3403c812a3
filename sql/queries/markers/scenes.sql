-- The scenes that the signatures of some blocks come from.
select
    scene.id, (scene.obstime at time zone 'UTC')::date as day, scene.card,
    coalesce(scene.rel_orbit, 0)::integer as orbit, coalesce(scene.direction, '') as direction
from dias_catalogue as scene
where scene.id in (
    select distinct obsid from signature_block
    where season = %(season)s and blk = any(%(blocks)s)
)
