-- Scenes that a season still expects within some days, by tile: open gaps, and scenes that are being
-- worked on. Blocks are null where all of the tile's are concerned.
select
    gap.tile,
    nullif(gap.blocks, '{}') as blocks,
    gap.card,
    (gap.expected_at at time zone 'UTC')::date as day,
    coalesce(scene.reference, gap.satellite || ' orbit ' || gap.rel_orbit) as name,
    gap.cause::text as cause
from gap
left join dias_catalogue as scene on scene.id = gap.obsid
where gap.season = %(season)s
  and gap.closed_at is null
  and gap.expected_at >= %(start)s
  and gap.expected_at < %(end)s
union
select
    unit.tile,
    null,
    scene.card,
    (scene.obstime at time zone 'UTC')::date,
    scene.reference,
    coalesce(unit.cause::text, 'pending')
from extraction as unit
join dias_catalogue as scene on scene.id = unit.obsid
where unit.season = %(season)s
  and unit.status in ('ready', 'inprogress', 'failed')
  and scene.obstime >= %(start)s
  and scene.obstime < %(end)s
  and not exists (select from gap where gap.season = %(season)s and gap.obsid = unit.obsid)
order by tile, day, card, name
