-- The parcels of a tile as a vector tile: number, identifier and class; classes of 255 are hidden.
select
    st_asmvt(tile, 'parcels', %(extent)s, 'shape', 'place') as tile
from (
    select
        one.place, one.pid, get_byte(%(classes)s, one.place) as class,
        st_asmvtgeom(
            case when %(coarse)s then one.coarse else one.outline end,
            st_tileenvelope(%(z)s, %(x)s, %(y)s), %(extent)s, 64, true
        ) as shape
    from parcel_outline as one
    where
        one.season = %(season)s
        and one.outline && st_tileenvelope(%(z)s, %(x)s, %(y)s, margin => 64.0 / 4096)
        and one.place < length(%(classes)s)
        and get_byte(%(classes)s, one.place) <> 255
) as tile
where tile.shape is not null
