-- Rules: runs of rule files over a season, and the verdict of each scheme on each parcel. Verdicts
-- lie in blocks, as signatures do; the view verdict has a row per parcel and scheme.
create type verdict_colour as enum ('none', 'green', 'yellow', 'red', 'open');
create type verdict_reason as enum (
    'not_over', 'straddles', 'unsure', 'provisional', 'not_executed', 'scenes_missing', 'outside',
    'not_bound', 'gap'
);

create table scheme_run (
    id integer generated always as identity primary key,
    season smallint not null references season,
    file_name text not null,
    file_hash text not null,                  -- SHA-256 of the rule file
    file text not null,                       -- the rule file itself
    inputs_hash text not null,                -- of the file, the marker runs and the software
    code text not null,                       -- version of this software
    made_at timestamptz not null default now()
);
comment on table scheme_run is 'One rule file over a season. Rows are never changed: older runs are kept';
create index scheme_run_latest on scheme_run (season, id);

create table verdict_block (
    run integer not null references scheme_run on delete cascade,
    season smallint not null references season,
    blk integer not null,
    scheme text not null,
    -- By position in the block; 0 where no parcel has that position. The first value is 1.
    colour smallint[] not null check (0 <= all(colour) and 5 >= all(colour)),
    reason smallint[] not null check (0 <= all(reason) and 9 >= all(reason)),   -- 0: none
    sentences text not null,                  -- a line each; empty: none
    marker_runs integer[] not null,           -- runs of the markers whose answers decided
    primary key (run, blk, scheme)
);
comment on table verdict_block is 'Read it by the view verdict';
alter table verdict_block
    alter colour set statistics 0, alter reason set statistics 0, alter sentences set statistics 0;

create view verdict as
select
    block.run, block.season, slot.pid, block.scheme,
    (enum_range(null::verdict_colour))[one.colour] as colour,
    (enum_range(null::verdict_reason))[one.reason] as reason,
    one.sentence,
    block.marker_runs
from verdict_block as block
cross join lateral unnest(
    block.colour, block.reason, string_to_array(block.sentences, E'\n', '')
)
    with ordinality as one (colour, reason, sentence, pos)
join parcel_slot as slot
    on slot.season = block.season and slot.blk = block.blk and slot.pos = one.pos
where one.colour <> 0;
comment on view verdict is 'One row per run, parcel and scheme: the colour, and why in plain words';
