-- The chain behind the observations of one parcel: records, extraction, product, and its sources.
with seen as (
    select
        block.obsid, min(block.rule) as rule, max(block.count[%(pos)s]) as pixels,
        array_agg(block.band order by block.band) as bands
    from signature_block as block
    where block.season = %(season)s
        and block.blk = %(blk)s
        and (%(obsid)s::integer is null or block.obsid = %(obsid)s)
        and block.count[%(pos)s] <> 'NaN'
    group by block.obsid
)

select
    scene.id as obsid, scene.obstime as time, scene.card, scene.sensor as satellite,
    scene.rel_orbit, scene.direction, seen.rule, seen.bands, seen.pixels,
    scene.reference as product, scene.platform, scene.product_id, scene.location, scene.size as size_bytes,
    scene.checksum, scene.baseline, scene.published, scene.status, scene.engine,
    scene.superseded_by, unit.status as extraction, unit.finished_at as extracted_at,
    unit.records as records_over_tile,
    (
        select coalesce(
            json_agg(
                json_build_object(
                    'obsid', source.id, 'product', source.reference, 'role', link.role,
                    'platform', source.platform, 'time', source.obstime
                )
                order by source.obstime, source.id
            ),
            '[]'
        )
        from card_source as link
        join dias_catalogue as source on source.id = link.source_id
        where link.card_id = scene.id
    ) as sources
from seen
join dias_catalogue as scene on scene.id = seen.obsid
left join extraction as unit
    on unit.season = %(season)s and unit.obsid = scene.id and unit.tile = %(tile)s
where (scene.obstime, scene.id) > (%(after_time)s, %(after_obsid)s)
order by scene.obstime, scene.id
limit %(limit)s
