-- Scenes of a day over a season's parcels: CARD scenes by state, level-1 acquisitions together.
with scene as (
    select card, status
    from dias_catalogue
    where obstime >= %(start)s and obstime < %(end)s
        and (card = %(card)s or kind = %(source)s)
        and exists (
            select from parcel_block as block
            where block.season = %(season)s
                and (dias_catalogue.tile is null or block.tile = dias_catalogue.tile)
                and st_intersects(block.extent, footprint)
        )
)

select
    case when card is null then 'level-1' else status::text end as status,
    count(*) as scenes
from scene
group by 1
