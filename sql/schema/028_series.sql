-- Series of other platforms, and the weather: what a season can be compared with and explained by.
-- Neither is ever mixed with the season's own signatures.
create table series_source (
    id integer generated always as identity primary key,
    season smallint not null references season,
    name text not null check (name <> 'own'),  -- "own" are the season's signatures
    file_name text not null,
    file_hash text not null,                   -- SHA-256 of the file
    reading jsonb not null,                    -- layout, card, band and units by which it was read
    records bigint not null,
    report jsonb not null,                     -- what was left out, and why
    code text not null,                        -- version of this software
    imported_at timestamptz not null default now(),
    unique (season, name)
);
comment on table series_source is 'A file of parcel statistics from elsewhere, read whole or not at all';

-- One band of one day in one block; only the parcels that have a value.
create table series_block (
    source integer not null references series_source on delete cascade,
    season smallint not null references season,
    card text not null,
    band text not null,
    blk integer not null,
    day date not null,
    direction char(1) not null check (direction in ('A', 'D', '*')),   -- of the orbit; *: not told
    pos smallint[] not null,                   -- positions in the block, rising
    count real[] not null,                     -- NaN, here and below: not told
    mean real[] not null,                      -- reflectance, linear backscatter, coherence
    std real[] not null,
    min real[] not null,
    max real[] not null,
    p25 real[] not null,
    p50 real[] not null,
    p75 real[] not null,
    primary key (source, blk, card, band, day, direction)
);
comment on table series_block is 'Read it by the view imported_series';
alter table series_block
    alter pos set statistics 0, alter count set statistics 0, alter mean set statistics 0,
    alter std set statistics 0, alter min set statistics 0, alter max set statistics 0,
    alter p25 set statistics 0, alter p50 set statistics 0, alter p75 set statistics 0;

create view imported_series as
select
    season.name as season, source.name as source, slot.pid, block.card, block.day, block.direction,
    block.band,
    nullif(one.count, 'NaN') as count,
    one.mean,
    nullif(one.std, 'NaN') as std,
    nullif(one.min, 'NaN') as min,
    nullif(one.max, 'NaN') as max,
    nullif(one.p25, 'NaN') as p25,
    nullif(one.p50, 'NaN') as p50,
    nullif(one.p75, 'NaN') as p75
from series_block as block
join series_source as source on source.id = block.source
join season on season.id = block.season
cross join lateral unnest(
    block.pos, block.count, block.mean, block.std, block.min, block.max, block.p25, block.p50,
    block.p75
) as one (pos, count, mean, std, min, max, p25, p50, p75)
join parcel_slot as slot
    on slot.season = block.season and slot.blk = block.blk and slot.pos = one.pos;
comment on view imported_series is 'One row per source, parcel, day and band; what the source did not tell is null';

create table weather_cell (
    season smallint not null references season,
    cell text not null,
    place geometry(Point, 4326) not null,      -- its centre, or the station
    primary key (season, cell)
);
create index weather_cell_place on weather_cell using gist (place);

create table weather_day (
    season smallint not null,
    cell text not null,
    day date not null,
    tmean real,                                -- degrees Celsius
    tmin real,
    tmax real,
    precipitation real check (precipitation >= 0),   -- millimetres
    primary key (season, cell, day),
    foreign key (season, cell) references weather_cell on delete cascade
);
comment on table weather_day is 'Daily weather of a cell or station; null: not told';
