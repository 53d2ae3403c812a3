-- What an analyst of JRC's system expects: one row per record.
create view signatures as
select
    season.name as season,
    slot.pid,
    block.obsid,
    block.card,
    block.band,
    block.count[slot.pos] as count,
    nullif(block.mean[slot.pos], 'NaN') as mean,
    nullif(block.std[slot.pos], 'NaN') as std,
    nullif(block.min[slot.pos], 'NaN') as min,
    nullif(block.max[slot.pos], 'NaN') as max,
    nullif(block.p25[slot.pos], 'NaN') as p25,
    nullif(block.p50[slot.pos], 'NaN') as p50,
    nullif(block.p75[slot.pos], 'NaN') as p75,
    block.rule
from parcel_slot as slot
join season on season.id = slot.season
join signature_block as block on block.season = slot.season and block.blk = slot.blk
where block.count[slot.pos] <> 'NaN';
comment on view signatures is
    'One row per parcel, observation and band. count 0: the product covers the parcel but gave no valid pixel';

create view bs_signatures as
select pid, obsid, band, count, mean, std, min, max, p25, p50, p75, season, rule
from signatures where card = 'bs';
create view c6_signatures as
select pid, obsid, band, count, mean, std, min, max, p25, p50, p75, season, rule
from signatures where card = 'c6';
create view s2_signatures as
select pid, obsid, band, count, mean, std, min, max, p25, p50, p75, season, rule
from signatures where card = 's2';

create view s2_histograms as
select
    slot.pid,
    block.obsid,
    jsonb_object_agg(block.class, block.count[slot.pos]::integer order by block.class) as hist,
    season.name as season
from parcel_slot as slot
join season on season.id = slot.season
join histogram_block as block on block.season = slot.season and block.blk = slot.blk
where block.count[slot.pos] <> 'NaN' and block.count[slot.pos] > 0
group by season.name, slot.pid, block.obsid;
comment on view s2_histograms is 'Pixels per SCL class: {"4": 120, "8": 3}';

create view five_day_means as
select
    slot.pid,
    block.period,
    season.epoch + block.period * season.step_days as window_start,
    season.epoch + (block.period + 1) * season.step_days as window_end,   -- excluded
    block.card,
    block.band,
    block.direction,
    block.mean[slot.pos] as mean,
    block.n[slot.pos] as n,
    season.name as season
from parcel_slot as slot
join season on season.id = slot.season
join five_day_mean_block as block on block.season = slot.season and block.blk = slot.blk
where block.n[slot.pos] > 0;
