-- Each scene over each tile of one card, from both sides: what the ledger has as extracted, and
-- what the blocks hold. Parcels are counted in the first band; counts above zero in all bands.
with block_band as (
    select signature.obsid, block.tile, signature.blk, signature.band, found.*
    from signature_block as signature
    join parcel_block as block
        on block.season = signature.season and block.blk = signature.blk
    cross join lateral (
        select
            count(*) filter (where value > 0 and value <> 'NaN') as valued,
            count(*) filter (where value = 0) as blank,
            count(*) filter (where value = 'NaN') as outside
        from unnest(signature.count) as value
    ) as found
    where signature.season = %(season)s and signature.card = %(card)s
),

block as (
    select
        obsid, tile, blk,
        count(*) as bands,
        sum(valued) as records,
        (array_agg(valued order by band))[1] as valued,
        (array_agg(blank order by band))[1] as blank,
        (array_agg(outside order by band))[1] as outside
    from block_band
    group by obsid, tile, blk
),

held as (
    select
        obsid, tile,
        sum(records)::bigint as records,
        sum(valued)::bigint as valued,
        sum(blank)::bigint as blank,
        sum(outside)::bigint as outside,
        count(*) as blocks,
        min(bands) filter (where records > 0) as fewest_bands,
        max(bands) filter (where records > 0) as most_bands
    from block
    group by obsid, tile
),

unit as (
    select
        extraction.obsid, extraction.tile, extraction.status, extraction.records, extraction.cause,
        extraction.parcels <> (
            select version from parcel_load where season = %(season)s order by id desc limit 1
        ) as outdated
    from extraction
    join dias_catalogue as scene on scene.id = extraction.obsid
    where extraction.season = %(season)s and scene.card = %(card)s
        and extraction.status in ('extracted', 'no_parcels')
        and scene.status <> 'superseded'
)

select
    coalesce(unit.obsid, held.obsid) as obsid, coalesce(unit.tile, held.tile) as tile, scene.reference, scene.status::text as scene_status,
    unit.status as unit, unit.cause,
    coalesce(unit.outdated, false) as outdated,
    unit.records as ledger_records,
    coalesce(held.records, 0) as block_records,
    coalesce(held.valued, 0) as valued,
    coalesce(held.blank, 0) as blank,
    coalesce(held.outside, 0) as outside,
    coalesce(held.blocks, 0) as blocks,
    held.fewest_bands, held.most_bands
from unit
full join held on held.obsid = unit.obsid and held.tile = unit.tile
join dias_catalogue as scene on scene.id = coalesce(unit.obsid, held.obsid)
order by 1, 2
