-- Gaps that concern one parcel: of its tile, and of its block where the blocks are known.
select gap.id
from gap
join parcel_slot as slot on slot.season = gap.season and slot.tile = gap.tile
where gap.season = %(season)s
    and slot.pid = %(pid)s
    and (gap.blocks is null or gap.blocks = '{}' or slot.blk = any(gap.blocks))
