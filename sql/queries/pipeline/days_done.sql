-- Days of one card over a season that a run has closed, and whose scenes all have an end state.
select closed.day
from observed_day as closed
join season on season.id = closed.season
where closed.season = %(season)s and closed.card = %(card)s
    and not exists (
        select
        from dias_catalogue as scene
        where scene.card = closed.card
            and scene.status in ('ingested', 'ordered', 'ready', 'inprogress')
            and scene.obstime >= closed.day::timestamp at time zone 'UTC'
            and scene.obstime < (closed.day + 1)::timestamp at time zone 'UTC'
            and st_intersects(season.area, scene.footprint)
    )
order by closed.day
