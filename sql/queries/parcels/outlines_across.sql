-- Draw the outlines of a season that cross the antimeridian on both sides of the map, not across it.
update parcel_outline as one
set outline = split.outline, coarse = split.outline
from parcel
cross join lateral (
    select
        st_multi(
            st_collectionextract(
                st_transform(
                    st_wrapx(st_shiftlongitude(st_transform(parcel.geom, 4326)), 180, -360), 3857
                ),
                3
            )
        ) as outline
) as split
where one.season = %(season)s
    and parcel.season = one.season
    and parcel.pid = one.pid
    -- Half the width of the map.
    and st_xmax(one.outline) - st_xmin(one.outline) > 20037508
