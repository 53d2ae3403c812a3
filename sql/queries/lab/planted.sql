-- Every CARD product of the local DIAS over a season, for lookup by name.
select
    scene.reference,
    scene.status::text as status,
    scene.cause
from dias_catalogue as scene
join season on season.id = %(season)s
where
    scene.platform = 'local'
    and scene.card is not null
    and scene.obstime >= season.starts::timestamp at time zone 'UTC'
    and scene.obstime < (season.ends + 1)::timestamp at time zone 'UTC'
order by scene.reference
