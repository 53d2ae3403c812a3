-- One parcel with its place in the blocks, its flags, and its geometry in longitude and latitude.
select
    parcel.pid, parcel.crop, parcel.area_m2, parcel.attributes, parcel.repaired, parcel.note,
    slot.tile, slot.blk, slot.pos,
    st_asgeojson(one_sided.geom, 7)::json as geometry,
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
cross join lateral (
    -- At the antimeridian in two parts, as GeoJSON asks for (RFC 7946, 3.1.9).
    select
        case
            when st_xmax(lonlat) - st_xmin(lonlat) > 180
                then st_multi(st_collectionextract(st_wrapx(st_shiftlongitude(lonlat), 180, -360), 3))
            else lonlat
        end as geom
    from st_transform(parcel.geom, 4326) as lonlat
) as one_sided
where parcel.season = %(season)s and parcel.pid = %(pid)s
