-- Pixels of each scene class that occurs in a parcel, for each optical observation.
select
    extract(epoch from scene.obstime)::bigint as date_part, block.obsid,
    jsonb_object_agg(block.class::text, round(block.count[slot.pos])::integer) as hist
from parcel_slot as slot
join histogram_block as block on block.season = slot.season and block.blk = slot.blk
join dias_catalogue as scene on scene.id = block.obsid
where slot.season = %(season)s
    and slot.pid = %(pid)s
    and block.season = %(season)s
    and block.count[slot.pos] > 0 and block.count[slot.pos] <> 'NaN'
group by scene.obstime, block.obsid
order by scene.obstime, block.obsid
