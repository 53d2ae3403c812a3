-- Scenes that were planned for a season, or that met no parcels on a day of it; locked.
select scene.id, scene.status
from dias_catalogue as scene
where
    (
        scene.status in ('inprogress', 'extracted', 'failed')
        and exists (
            select from extraction where extraction.obsid = scene.id and extraction.season = %(season)s
        )
    )
    or (
        scene.status = 'no_parcels'
        and exists (
            select from season
            where
                season.id = %(season)s
                and (scene.obstime at time zone 'UTC')::date between season.starts and season.ends
        )
    )
order by scene.id
for no key update
