-- Mean duration of the extractions of a unit's card over its tile so far, and the tile's parcels, in
-- the order of the units; no duration if there is none yet.
with unit as (
    select wanted.*, scene.card
    from unnest(%(seasons)s::smallint[], %(obsids)s::integer[], %(tiles)s::text[])
        with ordinality as wanted (season, obsid, tile, place)
    join dias_catalogue as scene on scene.id = wanted.obsid
),

past as (
    select done.season, done.tile, scene.card, avg(done.seconds)::double precision as seconds
    from extraction as done
    join dias_catalogue as scene on scene.id = done.obsid
    where
        done.status = 'extracted' and done.season = any(%(seasons)s::smallint[])
        and done.tile = any(%(tiles)s::text[])
    group by done.season, done.tile, scene.card
),

size as (
    select season, tile, sum(parcels)::integer as parcels
    from parcel_block
    where season = any(%(seasons)s::smallint[])
    group by season, tile
)

select past.seconds, coalesce(size.parcels, 0) as parcels
from unit
left join past using (season, tile, card)
left join size using (season, tile)
order by unit.place
