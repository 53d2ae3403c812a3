-- Units that the ledger has as extracted, but that have no signature block.
select unit.obsid, unit.tile
from extraction as unit
join dias_catalogue as scene on scene.id = unit.obsid
where unit.season = %(season)s
    and unit.status = 'extracted'
    and unit.records > 0
    and scene.card = %(card)s
    and scene.status <> 'superseded'
    and scene.obstime >= %(start)s and scene.obstime < %(end)s
    and not exists (
        select from signature_block as signature
        join parcel_block as block
            on block.season = signature.season and block.blk = signature.blk
        where signature.season = unit.season
            and signature.card = scene.card
            and signature.obsid = unit.obsid
            and block.tile = unit.tile
    )
order by unit.obsid, unit.tile
