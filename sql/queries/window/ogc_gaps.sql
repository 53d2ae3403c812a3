-- A page of a season's gaps in order of time, each with the box of the parcels that it concerns.
select
    gap.id, gap.card, gap.satellite, gap.rel_orbit, gap.direction, gap.tile, gap.expected_at,
    gap.cause, gap.state, gap.evidence, gap.parcels, gap.attempts, gap.next_check, gap.closed_at,
    st_asgeojson(place.box, 7) as geometry
from gap
cross join lateral (
    select st_envelope(st_collect(block.extent)) as box
    from parcel_block as block
    where
        block.season = gap.season
        and block.tile = gap.tile
        and (coalesce(gap.blocks, '{}') = '{}' or block.blk = any(gap.blocks))
) as place
where
    gap.season = %(season)s
    and (%(id)s::integer is null or gap.id = %(id)s)
    and (%(card)s::text is null or gap.card = %(card)s)
    and (%(satellite)s::text is null or gap.satellite = %(satellite)s)
    and (%(rel_orbit)s::integer is null or gap.rel_orbit = %(rel_orbit)s)
    and (%(direction)s::text is null or gap.direction = %(direction)s)
    and (%(tile)s::text is null or gap.tile = %(tile)s)
    and (%(cause)s::text is null or gap.cause::text = %(cause)s)
    and (%(state)s::text is null or gap.state::text = %(state)s)
    and (%(since)s::timestamptz is null or gap.expected_at >= %(since)s)
    and (%(before)s::timestamptz is null or gap.expected_at < %(before)s)
    and (
        not %(boxed)s
        or (
            st_ymin(place.box) <= %(north)s and st_ymax(place.box) >= %(south)s
            and case
                when %(west)s <= %(east)s
                    then st_xmin(place.box) <= %(east)s and st_xmax(place.box) >= %(west)s
                else st_xmin(place.box) <= %(east)s or st_xmax(place.box) >= %(west)s
            end
        )
    )
    and (gap.expected_at, gap.id) > (%(after_at)s, %(after_id)s)
order by gap.expected_at, gap.id
limit %(limit)s
