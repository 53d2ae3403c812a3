-- CARD scenes over a season's parcels, by card, month (UTC) and state.
select
    scene.card, date_trunc('month', scene.obstime at time zone 'UTC')::date as month,
    scene.status::text as status, count(*) as scenes
from dias_catalogue as scene
where scene.card is not null
    and scene.obstime >= %(start)s and scene.obstime < %(end)s
    and exists (
        select from parcel_block as block
        where block.season = %(season)s
            and (scene.tile is null or block.tile = scene.tile)
            and st_intersects(block.extent, scene.footprint)
    )
group by scene.card, month, scene.status
order by scene.card, month, scene.status
