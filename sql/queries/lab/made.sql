-- CARD products of a season that were made here, each with its engine and its sources.
select
    scene.reference,
    scene.status::text as status,
    scene.engine ->> 'engine' as engine,
    array(
        select source.reference
        from card_source as link
        join dias_catalogue as source on source.id = link.source_id
        where link.card_id = scene.id
        order by link.role = 'secondary'
    ) as sources,
    coalesce((
        select sum(unit.records)
        from extraction as unit
        where unit.obsid = scene.id and unit.season = season.id and unit.status = 'extracted'
    ), 0)::bigint as records
from dias_catalogue as scene
join season on season.id = %(season)s
where
    scene.platform = 'made'
    and scene.obstime >= season.starts::timestamp at time zone 'UTC'
    and scene.obstime < (season.ends + 1)::timestamp at time zone 'UTC'
order by scene.obstime, scene.reference
