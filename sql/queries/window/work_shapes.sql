-- The geometries of some parcels in longitude and latitude.
select parcel.pid, st_asbinary(one_sided.geom) as geom
from parcel
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
where parcel.season = %(season)s and parcel.pid = any(%(pids)s)
