-- Put the records of a file into blocks: of several observations of a day the one with most pixels.
with kept as (
    select distinct on (blk, card, band, day, direction, pos) *
    from series_staged
    order by blk, card, band, day, direction, pos, nullif(count, 'NaN') desc nulls last, observation, mean
),

made as (
    insert into series_block
    select
        %(source)s, %(season)s, (%(cards)s::text[])[card + 1], (%(bands)s::text[])[band + 1], blk, day,
        (%(directions)s::text[])[direction + 1],
        array_agg(pos order by pos), array_agg(count order by pos), array_agg(mean order by pos),
        array_agg(std order by pos), array_agg(min order by pos), array_agg(max order by pos),
        array_agg(p25 order by pos), array_agg(p50 order by pos), array_agg(p75 order by pos)
    from kept
    group by blk, card, band, day, direction
    returning pos
)

select coalesce(sum(cardinality(pos)), 0)::bigint as records, count(*) as blocks from made
