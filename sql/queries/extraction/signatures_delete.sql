-- A scene's signatures over one tile, and those of the scenes that it superseded.
delete from signature_block
where
    season = %(season)s
    and card = %(card)s
    and obsid in (
        select id from dias_catalogue where id = %(obsid)s or superseded_by = %(obsid)s
    )
    and blk in (select blk from parcel_block where season = %(season)s and tile = %(tile)s)
