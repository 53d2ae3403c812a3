-- The places of parcels that touch a box and pass a filter, in order; two boxes at the antimeridian.
select one.place
from parcel_outline as one
cross join (
    select
        st_transform(st_makeenvelope(%(west)s, %(south)s, %(first_east)s, %(north)s, 4326), 3857) as first,
        st_transform(st_makeenvelope(%(second_west)s, %(south)s, %(east)s, %(north)s, 4326), 3857) as second
) as box
where
    one.season = %(season)s
    and one.place >= %(first)s
    and one.place < length(%(shown)s)
    and get_byte(%(shown)s, one.place) = 1
    and (
        (one.outline && box.first and st_intersects(one.outline, box.first))
        or (one.outline && box.second and st_intersects(one.outline, box.second))
    )
order by one.place
limit %(limit)s
