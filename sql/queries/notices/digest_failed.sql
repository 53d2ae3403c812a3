-- CARD scenes over a season's parcels that have failed; one without footprint could lie anywhere.
select
    scene.id, scene.reference, scene.card, scene.obstime, scene.cause, scene.reason, scene.attempts
from dias_catalogue as scene
where scene.status = 'failed'
    and scene.card is not null
    and scene.obstime >= %(start)s and scene.obstime < %(end)s
    and (
        scene.footprint is null
        or exists (
            select from parcel_block as block
            where block.season = %(season)s
                and (scene.tile is null or block.tile = scene.tile)
                and st_intersects(block.extent, scene.footprint)
        )
    )
order by scene.obstime, scene.id
