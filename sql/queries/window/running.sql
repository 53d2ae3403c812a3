-- Units of extraction of a season that are in hand or wait, by card, with the oldest claim.
select
    scene.card, unit.status, count(*)::integer as units, count(distinct unit.obsid)::integer as scenes,
    min(unit.claimed_at) as since, min(scene.obstime) as earliest, max(scene.obstime) as latest
from extraction as unit
join dias_catalogue as scene on scene.id = unit.obsid
where unit.season = %(season)s and unit.status in ('ready', 'inprogress')
group by scene.card, unit.status
order by scene.card, unit.status
