-- Blocks of parcels that scenes, or those that they superseded, have or had signatures of. By tile,
-- since a better product may cover less than the one whose signatures it replaced.
with scene as (
    select id
    from dias_catalogue
    where card = %(card)s and (id = any(%(obsids)s) or superseded_by = any(%(obsids)s))
)

select block.blk
from extraction
join scene on scene.id = extraction.obsid
join parcel_block as block on block.season = extraction.season and block.tile = extraction.tile
where extraction.season = %(season)s
union
select signature.blk
from signature_block as signature
join scene on scene.id = signature.obsid
where signature.season = %(season)s and signature.card = %(card)s
