-- CARD scenes over a season that have no end state, and units of extraction that have none.
select scene.id as obsid, scene.reference, scene.card, null as tile, scene.status::text as status
from dias_catalogue as scene
join season on season.id = %(season)s and st_intersects(season.area, scene.footprint)
where scene.card is not null
    and scene.status in ('ingested', 'ordered', 'ready', 'inprogress')
    and scene.obstime >= %(start)s and scene.obstime < %(end)s
union all
select unit.obsid, scene.reference, scene.card, unit.tile, unit.status
from extraction as unit
join dias_catalogue as scene on scene.id = unit.obsid
where unit.season = %(season)s
    and unit.status in ('ready', 'inprogress')
    and scene.status in ('extracted', 'no_parcels', 'failed')
order by obsid, tile nulls first
