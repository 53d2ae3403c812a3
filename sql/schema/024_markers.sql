-- Markers: one answer per parcel and marker, with its reason; the events seen; and the clear looks
-- by which any window's gaps can be judged later. States lie in blocks, as signatures do; the views
-- marker_state and marker_event have a row per parcel. A number stands for a value of these types:
-- the first is 1, in a state's reason 0 is none.
create type marker_status as enum ('OK', 'NOT_VALID', 'NOT_EXECUTED');
create type marker_reason as enum (
    'too_small', 'vanishes_under_inner_buffer', 'few_clear', 'gap_in_window', 'no_s1', 'snow',
    'heterogeneous', 'crop_not_applicable', 'season_not_over', 'gap_open', 'no_statistics'
);

-- What the markers read of a block: kept once for all markers that read the same.
create table marker_input (
    id integer generated always as identity primary key,
    season smallint not null references season,
    blk integer not null,
    hash text not null,                       -- of signatures, parcels, open gaps and settings
    days integer[] not null,                  -- days with optical observations, since 1970-01-01
    looks bytea not null,                     -- bits, a row per parcel: was it a clear look?
    missing jsonb not null,                   -- scenes still expected: card, day, name, cause
    made_at timestamptz not null default now(),
    unique (season, blk, hash)
);
comment on column marker_input.looks is
    'By position in the block, then by day, the highest bit of a byte first; each parcel begins a byte';

create table marker_run (
    id integer generated always as identity primary key,
    season smallint not null references season,
    marker text not null,
    version text not null,
    parameters jsonb not null,
    inputs_hash text not null,                -- of the hashes of all its blocks
    code text not null,                       -- version of this software
    made_at timestamptz not null default now(),
    until date not null,                      -- first day of which nothing could be known
    window_start date not null,
    window_end date not null,                 -- excluded
    check (window_start < window_end)
);
comment on table marker_run is
    'One marker over the blocks whose inputs had changed. Rows are never changed: older runs are kept';
create index marker_run_latest on marker_run (season, marker, id);

create table marker_state_block (
    run integer not null references marker_run on delete cascade,
    season smallint not null references season,
    blk integer not null,
    input integer not null references marker_input on delete cascade,
    -- By position in the block; 0 where no parcel has that position.
    status smallint[] not null check (0 <= all(status) and 3 >= all(status)),
    reason smallint[] not null check (0 <= all(reason) and 11 >= all(reason)),
    confidence real[] not null,               -- NaN: none
    gap_confidence real[] not null,
    longest_gap_days smallint[] not null,
    observations smallint[] not null,
    primary key (run, blk)
);
create index marker_state_block_input on marker_state_block (input);
create index marker_state_block_series on marker_state_block (season, blk, run);

create table marker_value_block (
    run integer not null references marker_run on delete cascade,
    season smallint not null references season,
    blk integer not null,
    name text not null,
    value real[] not null,                    -- NaN: the parcel has none
    primary key (run, blk, name)
);

create table marker_event_slot (
    run integer not null references marker_run on delete cascade,
    season smallint not null references season,
    blk integer not null,
    pos smallint not null check (pos between 1 and 984),
    number smallint not null check (number > 0),   -- of the parcel's events in this run
    kind text not null,
    start_date date not null,                 -- last clear look before it
    end_date date not null,                   -- first clear look after it
    best_date date not null,
    confidence real not null check (confidence between 0 and 1),
    before integer,                           -- scene of the look before
    after integer,                            -- scene of the look after
    evidence integer[] not null,              -- further scenes
    "values" jsonb not null,
    primary key (run, blk, pos, number),
    check (start_date <= best_date and best_date <= end_date)
);
comment on table marker_event_slot is 'Read it by the view marker_event. Scenes are rows of dias_catalogue';

-- Array elements are not worth the minutes that analysing them takes.
alter table marker_state_block
    alter status set statistics 0, alter reason set statistics 0,
    alter confidence set statistics 0, alter gap_confidence set statistics 0,
    alter longest_gap_days set statistics 0, alter observations set statistics 0;
alter table marker_value_block alter value set statistics 0;
alter table marker_input alter days set statistics 0, alter looks set statistics 0;

create view marker_state as
select
    block.run,
    block.season,
    slot.pid,
    run.marker,
    run.window_start,
    run.window_end,
    (enum_range(null::marker_status))[block.status[slot.pos]] as status,
    (enum_range(null::marker_reason))[block.reason[slot.pos]] as reason,
    nullif(block.confidence[slot.pos], 'NaN') as confidence,
    block.gap_confidence[slot.pos] as gap_confidence,
    block.longest_gap_days[slot.pos] as longest_gap_days,
    block.observations[slot.pos] as observations,
    (
        select coalesce(jsonb_object_agg(named.name, named.value[slot.pos]), '{}')
        from marker_value_block as named
        where named.run = block.run and named.blk = block.blk and named.value[slot.pos] <> 'NaN'
    ) as "values"
from parcel_slot as slot
join marker_state_block as block on block.season = slot.season and block.blk = slot.blk
join marker_run as run on run.id = block.run;
comment on view marker_state is 'One row per run, parcel and marker: the answer, always, with its reason';

create view marker_event as
select
    event.run, event.season, slot.pid, run.marker, event.number, event.kind,
    event.start_date, event.end_date, event.best_date, event.confidence,
    event.before, event.after, event.evidence, event."values"
from parcel_slot as slot
join marker_event_slot as event
    on event.season = slot.season and event.blk = slot.blk and event.pos = slot.pos
join marker_run as run on run.id = event.run;
create index marker_event_slot_place on marker_event_slot (season, blk, pos);

-- The newest run of each marker in each block: a run holds only the blocks that had changed.
create view latest_marker_block as
select distinct on (block.season, run.marker, block.blk)
    block.season, run.marker, block.blk, block.run, block.input, run.version, run.parameters,
    run.made_at, run.until, run.window_start, run.window_end
from marker_state_block as block
join marker_run as run on run.id = block.run
order by block.season, run.marker, block.blk, block.run desc;

create view latest_marker_states as
select
    block.run, block.season, slot.pid, block.marker, block.version, block.made_at,
    block.window_start, block.window_end,
    (enum_range(null::marker_status))[state.status[slot.pos]] as status,
    (enum_range(null::marker_reason))[state.reason[slot.pos]] as reason,
    nullif(state.confidence[slot.pos], 'NaN') as confidence,
    state.gap_confidence[slot.pos] as gap_confidence,
    state.longest_gap_days[slot.pos] as longest_gap_days,
    state.observations[slot.pos] as observations,
    (
        select coalesce(jsonb_object_agg(named.name, named.value[slot.pos]), '{}')
        from marker_value_block as named
        where named.run = block.run and named.blk = block.blk and named.value[slot.pos] <> 'NaN'
    ) as "values"
from latest_marker_block as block
join marker_state_block as state on state.run = block.run and state.blk = block.blk
join parcel_slot as slot on slot.season = block.season and slot.blk = block.blk;
comment on view latest_marker_states is 'One row per parcel and marker: the newest answer';

create view latest_marker_events as
select
    event.run, event.season, slot.pid, block.marker, event.number, event.kind,
    event.start_date, event.end_date, event.best_date, event.confidence,
    event.before, event.after, event.evidence, event."values"
from latest_marker_block as block
join marker_event_slot as event on event.run = block.run and event.blk = block.blk
join parcel_slot as slot
    on slot.season = event.season and slot.blk = event.blk and slot.pos = event.pos;
comment on view latest_marker_events is 'The events of the newest answers';
