-- Pixels per parcel of rows of blocks, unit by unit: all rows of some units, and of the others a
-- share by chance, the same for the same seed. "written": the records that the ledger has for a row.
with placed as (
    select
        signature.obsid, block.tile, signature.blk, signature.band, signature.count,
        row_number() over (
            partition by signature.obsid, block.tile
            order by signature.blk, signature.band collate "C"
        ) as place
    from signature_block as signature
    join parcel_block as block
        on block.season = signature.season and block.blk = signature.blk
    where signature.season = %(season)s and signature.card = %(card)s
),

whole as (
    select * from unnest(%(obsids)s::integer[], %(tiles)s::text[]) as unit (obsid, tile)
),

chosen as (
    select placed.*
    from placed
    left join whole on whole.obsid = placed.obsid and whole.tile = placed.tile
    where whole.obsid is not null
        or (
            hashtextextended(concat_ws(' ', placed.obsid, placed.blk, placed.band), %(seed)s)
            & 1048575
        ) < %(share)s * 1048576
)

select
    chosen.obsid, chosen.tile, chosen.blk, chosen.band,
    extraction.block_records[chosen.place] as written, array_bytes(chosen.count) as count
from chosen
left join extraction
    on extraction.season = %(season)s
    and extraction.obsid = chosen.obsid
    and extraction.tile = chosen.tile
order by chosen.obsid, chosen.tile, chosen.place
