-- What should have been seen and was not, and the mails that said so.
create table gap (
    id integer generated always as identity primary key,
    season smallint not null references season,
    card text not null check (card in ('bs', 'c6', 'c12', 's2')),
    satellite text not null,
    rel_orbit smallint not null,
    direction char(1),
    tile text not null,
    expected_at timestamptz not null,       -- when the pass should have been sensed
    cause text not null,
    evidence text not null,                 -- what the cause was decided by, in plain words
    state text not null check (state in ('pending', 'late', 'missing', 'recovered', 'confirmed')),
    parcels integer not null,               -- parcels of the tile that the pass would have covered
    found_at timestamptz not null default now(),
    checked_at timestamptz not null default now(),
    attempts smallint not null default 0,   -- times the platform was asked again
    next_check timestamptz,                 -- null when closed
    closed_at timestamptz,
    obsid integer references dias_catalogue,   -- the scene it is about, or that recovered it
    unique (season, card, satellite, rel_orbit, tile, expected_at)
);
create index gap_open on gap (season, next_check) where closed_at is null;

create table digest (
    season smallint not null references season,
    news text not null,                     -- hash of what it tells: the same news is sent once
    sent_at timestamptz not null default now(),
    subject text not null,
    primary key (season, news)
);
