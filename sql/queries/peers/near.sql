-- Parcels of some crops within a radius of a parcel, nearest first: measured in a CRS of true metres,
-- or on the ellipsoid.
-- The box is tried by the index, and only what is of the season is then measured: two seasons may
-- have numbers in common that mean other places.
with candidate as materialized (
    select pid, crop, area_m2, geom, centre
    from parcel
    where
        geom && case
            when %(planar)s then st_expand(%(geom)s::geometry, %(radius)s + 0.001)
            -- A degree has 110,000 m or more: of longitude only at the equator, hence the cosine.
            else st_transform(
                st_expand(
                    st_transform(%(geom)s::geometry, 4326),
                    %(radius)s / (110000 * cos(radians(least(89, abs(%(lat)s) + 1)))),
                    %(radius)s / 110000.0
                ),
                %(srid)s
            )
        end
        and season = %(season)s and crop = any(%(crops)s) and pid <> %(pid)s
),

-- To the millimetre, so that what is equally far is so whatever the order of its corners.
measured as materialized (
    select *, round(1000 * case
        when %(planar)s then st_distance(geom, %(geom)s::geometry)
        else st_distance(
            st_transform(geom, 4326)::geography, st_transform(%(geom)s::geometry, 4326)::geography
        )
    end) / 1000 as distance
    from candidate
)

select
    near.pid, near.crop, near.area_m2, near.distance,
    st_x(near.centre) as lon, st_y(near.centre) as lat,
    least(
        near.area_m2 / 100,
        (
            select min(flag.pixels) from parcel_flag as flag
            where flag.season = %(season)s and flag.pid = near.pid
        )
    ) as pixels,
    exists (
        select from outlier
        where outlier.run = %(run)s and outlier.pid = near.pid and outlier.status = 'outlier'
    ) as listed
from (
    select * from measured
    where distance <= %(radius)s
    order by distance, pid collate "C"
    limit %(most)s
) as near
