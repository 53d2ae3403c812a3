-- Where parcels of some blocks lie in the blocks of other seasons that reach into the days just
-- before and after theirs: the same identifier, area within a twentieth, and place within some 30 m.
select
    slot.blk, there.season, there.blk as other,
    array_agg(slot.pos order by slot.pos) as pos,
    array_agg(there.pos order by slot.pos) as other_pos
from season as own
join season as other
    on other.id <> own.id
    and other.srid = own.srid
    and other.area && own.area
    and other.starts <= own.ends + %(days)s
    and other.ends >= own.starts - %(days)s
join parcel_slot as slot on slot.season = own.id
join parcel as mine on mine.season = own.id and mine.pid = slot.pid
join parcel_slot as there on there.season = other.id and there.pid = slot.pid
join parcel as theirs on theirs.season = other.id and theirs.pid = slot.pid
where own.id = %(season)s
  and slot.blk = any(%(blocks)s)
  and abs(theirs.area_m2 / mine.area_m2 - 1) < 0.05
  and st_dwithin(mine.centre, theirs.centre, 0.0003)
group by slot.blk, there.season, there.blk
order by slot.blk, there.season, there.blk
