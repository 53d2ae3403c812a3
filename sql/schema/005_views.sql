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

-- Plain and stable, so that it is inlined and filters on season and pid reach the tables.
create function clear_share_of(classes smallint[])
returns table (pid text, obsid integer, pixels bigint, clear bigint, share double precision, season text)
language sql stable as $$
    select
        slot.pid,
        block.obsid,
        sum(block.count[slot.pos])::bigint,
        coalesce(sum(block.count[slot.pos]) filter (where block.class = any(classes)), 0)::bigint,
        coalesce(sum(block.count[slot.pos]) filter (where block.class = any(classes)), 0)
        / sum(block.count[slot.pos])::double precision,
        season.name
    from parcel_slot as slot
    join season on season.id = slot.season
    join histogram_block as block on block.season = slot.season and block.blk = slot.blk
    where block.class > 0 and block.count[slot.pos] > 0 and block.count[slot.pos] <> 'NaN'
    group by season.name, slot.pid, block.obsid
$$;
comment on function clear_share_of is
    'Pixels per parcel and CARD-2A observation, those of the given SCL classes, and their share; class 0 is no pixel';

create view s2_clear_share as
select pid, obsid, pixels, clear, share, season from clear_share_of('{4,5,6,7}');
comment on view s2_clear_share is 'The share of clear pixels with the default clear_classes; else use clear_share_of()';

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

-- For scans of many parcels: opens each array once, where the views open it once per parcel.
create function signature_records(
    season_name text,
    card_name text,
    bands text[] default null,                -- all if null
    sensed_from timestamptz default null,     -- the season's if null
    sensed_before timestamptz default null
)
returns table (
    pid text, obsid integer, obstime timestamptz, sensor text, rel_orbit smallint,
    direction char(1), band text, count real, mean real, std real, min real, max real,
    p25 real, p50 real, p75 real, rule text
)
language sql stable as $$
    with place as (
        select blk, generate_series(1, max(pos)) as pos
        from parcel_slot
        where season = (select id from season where name = season_name)
        group by blk
    ),

    -- The parcels of a block in the order of its arrays, so that both unfold side by side.
    parcels_of as (
        select place.blk, array_agg(slot.pid order by place.pos) as pids
        from place
        left join parcel_slot as slot
            on slot.season = (select id from season where name = season_name)
            and slot.blk = place.blk
            and slot.pos = place.pos
        group by place.blk
    ),

    record as (
        select
            unnest(parcels_of.pids) as pid,
            block.obsid, scene.obstime, scene.sensor, scene.rel_orbit, scene.direction, block.band,
            unnest(block.count) as count,
            unnest(block.mean) as mean,
            unnest(block.std) as std,
            unnest(block.min) as min,
            unnest(block.max) as max,
            unnest(block.p25) as p25,
            unnest(block.p50) as p50,
            unnest(block.p75) as p75,
            block.rule
        from signature_block as block
        join parcels_of on parcels_of.blk = block.blk
        left join dias_catalogue as scene on scene.id = block.obsid
        where
            block.season = (select id from season where name = season_name)
            and block.card = card_name
            and (bands is null or block.band = any(bands))
            and (sensed_from is null or scene.obstime >= sensed_from)
            and (sensed_before is null or scene.obstime < sensed_before)
    )

    select
        pid, obsid, obstime, sensor, rel_orbit, direction, band, count,
        nullif(mean, 'NaN'), nullif(std, 'NaN'), nullif(min, 'NaN'), nullif(max, 'NaN'),
        nullif(p25, 'NaN'), nullif(p50, 'NaN'), nullif(p75, 'NaN'), rule
    from record
    where pid is not null and count <> 'NaN'
$$;
comment on function signature_records is
    'The rows of the view signatures of one season and card, for scans of many parcels';

-- Units whose signatures are in place: those of a superseded scene go when the better one's come.
create view extraction_in_force as
select extraction.*
from extraction
join dias_catalogue as scene on scene.id = extraction.obsid
where not exists (
    select from extraction as winner
    where winner.obsid = scene.superseded_by
        and winner.season = extraction.season
        and winner.tile = extraction.tile
        and winner.status in ('extracted', 'no_parcels')
);
