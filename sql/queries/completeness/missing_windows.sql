-- Per period of a season, the parcels without a mean of a card in any band. Only blocks that have
-- a zero somewhere are looked at parcel by parcel.
with window_block as (
    select window_of.period, block.blk, block.parcels
    from generate_series(%(first)s::integer, %(last)s::integer) as window_of (period)
    join parcel_block as block on block.season = %(season)s
),

band_count as (
    select period, blk, n
    from five_day_mean_block
    where season = %(season)s and card = %(card)s and direction = '*'
        and period between %(first)s and %(last)s
),

full_block as (
    select distinct period, blk from band_count where 0 <> all (n)
),

seen as (
    select band_count.period, band_count.blk, count(distinct slot.pos) as parcels
    from band_count
    left join full_block using (period, blk)
    cross join lateral unnest(band_count.n) with ordinality as slot (n, pos)
    where full_block.blk is null and slot.n > 0
    group by band_count.period, band_count.blk
)

select
    window_block.period,
    sum(window_block.parcels)::integer as parcels,
    sum(window_block.parcels - coalesce(seen.parcels, 0))
        filter (where full_block.blk is null)::integer as missing
from window_block
left join full_block using (period, blk)
left join seen using (period, blk)
group by window_block.period
having count(*) filter (
    where full_block.blk is null and window_block.parcels > coalesce(seen.parcels, 0)
) > 0
order by window_block.period
