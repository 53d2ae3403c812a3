-- One parcel with its place in the blocks, its flags, and its geometry in longitude and latitude.
select
    parcel.pid, parcel.crop, parcel.area_m2, parcel.attributes, parcel.repaired, parcel.note,
    slot.tile, slot.blk, slot.pos,
    st_asgeojson(in_degrees(parcel.geom), 7)::json as geometry,
    st_x(parcel.centre) as longitude, st_y(parcel.centre) as latitude,
    (
        select coalesce(
            json_agg(
                json_build_object(
                    'card', flag.card, 'rule', flag.rule, 'reason', flag.reason, 'pixels', flag.pixels
                )
                order by flag.card, flag.rule
            ),
            '[]'
        )
        from parcel_flag as flag
        where flag.season = parcel.season and flag.pid = parcel.pid
    ) as flags
from parcel
join parcel_slot as slot using (season, pid)
where parcel.season = %(season)s and parcel.pid = %(pid)s
