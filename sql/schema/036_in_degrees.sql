-- A geometry in longitude and latitude; at the antimeridian in two parts, as GeoJSON asks for
-- (RFC 7946, 3.1.9).
create function in_degrees(shape geometry) returns geometry
language sql immutable strict parallel safe as $$
    select
        case
            when st_xmax(lonlat) - st_xmin(lonlat) > 180
                then st_multi(st_collectionextract(st_wrapx(st_shiftlongitude(lonlat), 180, -360), 3))
            else lonlat
        end
    from st_transform(shape, 4326) as lonlat
$$;
