-- One parcel's pixels in some scenes: valid ones in its best band, and of Sentinel-2 the classified
-- and the clear ones. A scene that does not cover the parcel has no row.
with valid as (
    select obsid, max(count[%(pos)s]) as pixels, min(rule) as rule, count(*) as bands
    from signature_block
    where season = %(season)s and blk = %(blk)s and obsid = any(%(obsids)s)
        and count[%(pos)s] <> 'NaN'
    group by obsid
),

classified as (
    select
        obsid,
        sum(count[%(pos)s]) filter (where class <> 0) as pixels,
        coalesce(sum(count[%(pos)s]) filter (where class = any(%(clear)s::smallint[])), 0) as clear
    from histogram_block
    where season = %(season)s and blk = %(blk)s and obsid = any(%(obsids)s)
        and count[%(pos)s] <> 'NaN'
    group by obsid
)

select
    coalesce(valid.obsid, classified.obsid) as obsid, valid.pixels, valid.bands, valid.rule,
    classified.pixels as classified, classified.clear
from valid
full join classified on classified.obsid = valid.obsid
