-- Units of extraction of a season by card and state, with their records and the oldest wait in seconds.
select
    scene.card, unit.status, count(*)::integer as units,
    coalesce(sum(unit.records), 0)::bigint as records,
    extract(epoch from %(now)s - min(scene.changed_at))::double precision as oldest_s
from extraction as unit
join dias_catalogue as scene on scene.id = unit.obsid
where unit.season = %(season)s
group by scene.card, unit.status
order by scene.card, unit.status
