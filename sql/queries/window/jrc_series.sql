-- One parcel's records of a card with all statistics, in order of time.
select
    extract(epoch from scene.obstime)::bigint as date_part, block.obsid, block.band,
    block.count[slot.pos] as count,
    nullif(block.mean[slot.pos], 'NaN') as mean,
    nullif(block.std[slot.pos], 'NaN') as std,
    nullif(block.min[slot.pos], 'NaN') as min,
    nullif(block.max[slot.pos], 'NaN') as max,
    nullif(block.p25[slot.pos], 'NaN') as p25,
    nullif(block.p50[slot.pos], 'NaN') as p50,
    nullif(block.p75[slot.pos], 'NaN') as p75,
    scene.reference, scene.rel_orbit as orbit, scene.direction
from parcel_slot as slot
join signature_block as block on block.season = slot.season and block.blk = slot.blk
join dias_catalogue as scene on scene.id = block.obsid
where slot.season = %(season)s
    and slot.pid = %(pid)s
    and block.season = %(season)s
    and block.card = %(card)s
    and (%(bands)s::text[] is null or block.band = any(%(bands)s))
    and block.count[slot.pos] > 0 and block.count[slot.pos] <> 'NaN'
order by scene.obstime, block.obsid, block.band
