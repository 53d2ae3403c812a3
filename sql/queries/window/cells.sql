-- Cells and points as a vector tile: their coordinates are those of the tile already.
select
    (
        select st_asmvt(cell, 'cells', 4096, 'shape')
        from (
            select
                one.parcels, one.area_ha, one.class, one.share,
                -- Rings of a vector tile run the other way round, as its y grows downwards.
                st_forcepolygonccw(st_makeenvelope(one.west, one.north, one.east, one.south)) as shape
            from unnest(
                %(west)s::real[], %(north)s::real[], %(east)s::real[], %(south)s::real[],
                %(parcels)s::integer[], %(area_ha)s::real[], %(class)s::integer[], %(share)s::real[]
            ) as one (west, north, east, south, parcels, area_ha, class, share)
        ) as cell
    ) || (
        select st_asmvt(point, 'points', 4096, 'shape', 'place')
        from (
            select one.place, one.class, st_makepoint(one.x, one.y) as shape
            from unnest(%(place)s::integer[], %(point_class)s::integer[], %(px)s::real[], %(py)s::real[])
                as one (place, class, x, y)
        ) as point
    ) as tile
