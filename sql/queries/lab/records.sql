-- Records per card: as the extractions counted them, and as counted in the blocks.
with counted as (
    select
        scene.card,
        count(*) as extractions,
        sum(extraction.records) as records,
        round(sum(extraction.seconds::numeric), 3) as seconds
    from extraction
    join dias_catalogue as scene on scene.id = extraction.obsid
    where
        extraction.season = %(season)s
        and extraction.status = 'extracted'
        and scene.status <> 'superseded'
    group by scene.card
),

stored as (
    select
        block.card,
        sum(valid.parcels) as records,
        count(distinct block.obsid) as scenes
    from signature_block as block
    cross join lateral (
        select count(*) as parcels
        from unnest(block.count) as pixels
        where pixels > 0 and pixels <> 'NaN'
    ) as valid
    where block.season = %(season)s
    group by block.card
)

select
    card,
    coalesce(counted.extractions, 0) as extractions,
    coalesce(counted.records, 0)::bigint as counted,
    coalesce(stored.records, 0)::bigint as stored,
    coalesce(stored.scenes, 0) as scenes,
    coalesce(counted.seconds, 0)::double precision as seconds
from counted
full join stored using (card)
order by card
