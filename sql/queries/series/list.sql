-- The sources of a season, with what each has of every card and band.
select
    source.name, source.file_name, source.imported_at, source.reading ->> 'layout' as layout,
    block.card, string_agg(distinct block.band, ' ' order by block.band) as bands,
    count(distinct block.day) as days, min(block.day) as first, max(block.day) as last,
    sum(cardinality(block.pos)) as records
from series_source as source
join series_block as block on block.source = source.id
where source.season = %(season)s
group by source.id, block.card
order by source.name, block.card
