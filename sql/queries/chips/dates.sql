-- The observations of one parcel that have statistics of it, with what is known of their products;
-- a parcel without any has one row without a scene. NaN: the product does not cover the parcel.
with place as (
    select blk, pos from parcel_slot where season = %(season)s and pid = %(pid)s
),

covering as (
    select
        signature.obsid, max(signature.count[place.pos]) as pixels,
        max(nullif(signature.mean[place.pos], 'NaN')) filter (where signature.band = 'NDVI') as ndvi
    from place
    join signature_block as signature
        on signature.season = %(season)s and signature.blk = place.blk
    where (%(obsid)s::integer is null or signature.obsid = %(obsid)s)
        and signature.count[place.pos] <> 'NaN'
    group by signature.obsid
),

classified as (
    select
        histogram.obsid,
        sum(histogram.count[place.pos]) filter (where histogram.class <> 0) as pixels,
        coalesce(
            sum(histogram.count[place.pos])
                filter (where histogram.class = any(%(clear)s::smallint[])),
            0
        ) as clear
    from place
    join histogram_block as histogram
        on histogram.season = %(season)s and histogram.blk = place.blk
    where (%(obsid)s::integer is null or histogram.obsid = %(obsid)s)
        and histogram.count[place.pos] <> 'NaN'
    group by histogram.obsid
),

extracted as (
    select unit.obsid, max(unit.finished_at) as at
    from extraction as unit
    where unit.season = %(season)s and unit.obsid in (select obsid from covering)
    group by unit.obsid
),

seen as (
    select
        scene.id as obsid, scene.card, scene.kind, scene.obstime as at, scene.sensor as satellite,
        scene.rel_orbit as orbit, scene.direction, scene.tile, scene.reference as product,
        covering.pixels,
        -- As double precision: 0.9 is asked for, and a real that is near it is less.
        classified.clear::double precision / nullif(classified.pixels, 0) as clear_share,
        covering.ndvi, scene.platform, scene.location, extracted.at as extracted_at,
        concat_ws(' ', scene.checksum, scene.size, extract(epoch from scene.published)) as changed,
        scene.cause::text as cause, scene.online, scene.changed_at, scene.reason
    from covering
    join dias_catalogue as scene on scene.id = covering.obsid
    left join classified on classified.obsid = covering.obsid
    left join extracted on extracted.obsid = covering.obsid
)

select seen.*
from place
left join seen on true
order by seen.at, seen.obsid
