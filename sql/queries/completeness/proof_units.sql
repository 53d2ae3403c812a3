-- Each scene over each tile of one card, from both sides: what the ledger says was written, and which
-- rows of blocks are there. No array is read: the records of a row are those that the ledger has for
-- its place among the unit's rows.
with unit as (
    select
        extraction.obsid, extraction.tile, extraction.status, extraction.records, extraction.cause,
        extraction.block_records, extraction.valued, extraction.blank, extraction.outside,
        extraction.parcels <> (
            select version from parcel_load where season = %(season)s order by id desc limit 1
        ) as outdated
    from extraction
    join dias_catalogue as scene on scene.id = extraction.obsid
    where extraction.season = %(season)s and scene.card = %(card)s
        and extraction.status in ('extracted', 'no_parcels')
        and scene.status <> 'superseded'
),

placed as (
    select
        signature.obsid, block.tile, signature.blk,
        row_number() over (
            partition by signature.obsid, block.tile
            order by signature.blk, signature.band collate "C"
        ) as place
    from signature_block as signature
    join parcel_block as block
        on block.season = signature.season and block.blk = signature.blk
    where signature.season = %(season)s and signature.card = %(card)s
),

block as (
    select
        placed.obsid, placed.tile, placed.blk,
        count(*) as bands, sum(unit.block_records[placed.place]) as records
    from placed
    left join unit on unit.obsid = placed.obsid and unit.tile = placed.tile
    group by placed.obsid, placed.tile, placed.blk
),

held as (
    select
        obsid, tile, sum(bands) as rows,
        min(bands) filter (where records > 0) as fewest_bands,
        max(bands) filter (where records > 0) as most_bands
    from block
    group by obsid, tile
)

select
    coalesce(unit.obsid, held.obsid) as obsid, coalesce(unit.tile, held.tile) as tile,
    scene.reference,
    unit.status as unit, unit.cause,
    coalesce(unit.outdated, false) as outdated,
    coalesce(unit.records, 0) as ledger_records,
    cardinality(unit.block_records) as written_rows,
    (select sum(records) from unnest(unit.block_records) as records) as written_records,
    coalesce(unit.valued, 0) as valued,
    coalesce(unit.blank, 0) as blank,
    coalesce(unit.outside, 0) as outside,
    coalesce(held.rows, 0)::integer as rows,
    coalesce(held.fewest_bands, 0) as fewest_bands,
    coalesce(held.most_bands, 0) as most_bands
from unit
full join held on held.obsid = unit.obsid and held.tile = unit.tile
join dias_catalogue as scene on scene.id = coalesce(unit.obsid, held.obsid)
order by 1, 2
