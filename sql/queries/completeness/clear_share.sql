-- Clear pixels over a tile's parcels, for CARD-2A extractions not yet measured. Class 0 is nodata.
with unmeasured as (
    select unit.season, unit.obsid, unit.tile, unit.finished_at
    from extraction as unit
    join dias_catalogue as scene on scene.id = unit.obsid and scene.card = 's2'
    left join clear_share as known
        on known.season = unit.season and known.obsid = unit.obsid and known.tile = unit.tile
    where unit.season = %(season)s
        and unit.status = 'extracted'
        and (
            known.season is null
            or known.finished_at is distinct from unit.finished_at
            or known.classes <> %(classes)s
        )
),

pixels as (
    select
        unmeasured.obsid, unmeasured.tile, histogram.class,
        (select sum(value) from unnest(histogram.count) as value where value <> 'NaN') as count
    from unmeasured
    join parcel_block as block
        on block.season = unmeasured.season and block.tile = unmeasured.tile
    join histogram_block as histogram
        on histogram.season = unmeasured.season
        and histogram.obsid = unmeasured.obsid
        and histogram.blk = block.blk
),

measured as (
    select
        obsid, tile,
        coalesce(sum(count) filter (where class <> 0), 0) as pixels,
        coalesce(sum(count) filter (where class = any(%(clear)s::smallint[])), 0) as clear
    from pixels
    group by obsid, tile
)

insert into clear_share (season, obsid, tile, pixels, clear, classes, finished_at)
select
    unmeasured.season, unmeasured.obsid, unmeasured.tile, measured.pixels, measured.clear,
    %(classes)s, unmeasured.finished_at
from unmeasured
left join measured
    on measured.obsid = unmeasured.obsid and measured.tile = unmeasured.tile
order by unmeasured.obsid, unmeasured.tile
on conflict (season, obsid, tile) do update
set pixels = excluded.pixels, clear = excluded.clear, classes = excluded.classes,
    finished_at = excluded.finished_at
