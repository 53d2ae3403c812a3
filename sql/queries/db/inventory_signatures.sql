-- Per season and card: blocks, the values they have room for, records of the ledger, and bytes.
with kept as (
    select block.season, block.card, count(*) as blocks, sum(parcels_of.parcels) as slots
    from signature_block as block
    join parcel_block as parcels_of on parcels_of.season = block.season and parcels_of.blk = block.blk
    group by block.season, block.card
),

counted as (
    select extraction.season, scene.card, sum(extraction.records) as records
    from extraction_in_force as extraction
    join dias_catalogue as scene on scene.id = extraction.obsid
    where extraction.status = 'extracted'
    group by extraction.season, scene.card
)

select
    season.name as season, kept.card, kept.blocks, kept.slots::bigint as slots,
    coalesce(counted.records, 0)::bigint as records,
    pg_total_relation_size(to_regclass('signature_block_' || kept.season || '_' || kept.card)) as size,
    season.precision
from kept
join season on season.id = kept.season
left join counted using (season, card)
order by season.name, kept.card
