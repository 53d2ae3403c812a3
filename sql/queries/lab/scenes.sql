-- Scenes of a season that the local DIAS listed, or that were made here of them, by kind and state.
select
    scene.kind,
    scene.card,
    scene.status::text as status,
    count(*) as scenes
from dias_catalogue as scene
join season on season.id = %(season)s
where
    scene.platform in ('local', 'made')
    and scene.obstime >= season.starts::timestamp at time zone 'UTC'
    and scene.obstime < (season.ends + 1)::timestamp at time zone 'UTC'
group by scene.kind, scene.card, scene.status
order by scene.kind, scene.card, status
