-- What each block of a season has for the markers: scenes with signatures and when they were
-- extracted, and its parcels with what was declared.
with scene as (
    select distinct block.blk, block.card, block.obsid
    from signature_block as block
    where block.season = %(season)s
),

signature as (
    select
        scene.blk,
        md5(string_agg(
            scene.card || ' ' || scene.obsid || ' ' || coalesce(extraction.finished_at::text, ''),
            ',' order by scene.card, scene.obsid
        )) as hash
    from scene
    join parcel_block as place on place.season = %(season)s and place.blk = scene.blk
    left join extraction
        on extraction.season = %(season)s
        and extraction.obsid = scene.obsid
        and extraction.tile = place.tile
    group by scene.blk
)

select
    slot.blk,
    place.tile,
    count(*)::integer as parcels,
    md5(string_agg(
        concat_ws(' ', slot.pos, parcel.pid, parcel.crop, parcel.area_m2, parcel.note, parcel.attributes),
        ',' order by slot.pos
    )) || coalesce(min(signature.hash), '') as hash
from parcel_slot as slot
join parcel using (season, pid)
join parcel_block as place using (season, blk)
left join signature on signature.blk = slot.blk
where slot.season = %(season)s
group by slot.blk, place.tile
order by slot.blk
