-- CARD scenes over a season's parcels that another product has superseded; a copy of the same
-- product on another platform does not count.
select
    loser.id, loser.reference, loser.card, loser.obstime,
    winner.id as winner_id, winner.reference as winner,
    exists (
        select from extraction as unit
        where unit.season = %(season)s and unit.obsid = loser.id and unit.records > 0
    ) as extracted
from dias_catalogue as loser
join dias_catalogue as winner on winner.id = loser.superseded_by
where loser.card is not null
    and loser.reference <> winner.reference
    and loser.obstime >= %(start)s and loser.obstime < %(end)s
    and exists (
        select from parcel_block as block
        where block.season = %(season)s
            and (loser.tile is null or block.tile = loser.tile)
            and st_intersects(block.extent, loser.footprint)
    )
order by loser.obstime, loser.id
