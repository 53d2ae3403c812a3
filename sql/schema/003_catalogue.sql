-- The ledger: every scene of every platform, what became of it, and why.
create type scene_status as enum (
    'ingested', 'ordered', 'ready', 'inprogress', 'extracted', 'no_parcels', 'superseded', 'failed'
);

create table dias_catalogue (
    id integer generated always as identity primary key,   -- obsid of its signatures
    platform text not null,
    product_id text not null,
    reference text not null,                               -- product name
    obstime timestamptz not null,                          -- sensing start
    endtime timestamptz not null,
    published timestamptz,
    sensor text not null,                                  -- satellite, e.g. S1A
    card text check (card in ('bs', 'c6', 'c12', 's2')),   -- null for a level-1 acquisition
    kind text not null,
    rel_orbit smallint,
    abs_orbit integer,
    direction char(1) check (direction in ('A', 'D')),
    datatake text,
    slice smallint,
    tile text,
    baseline text,
    timeliness text,
    footprint geometry(MultiPolygon, 4326),
    location text,
    online boolean,
    size bigint,                                           -- bytes
    checksum text,                                         -- algorithm:hex
    status scene_status not null default 'ingested',
    attempts smallint not null default 0,
    reason text,
    claimed_by text,
    claimed_at timestamptz,
    engine jsonb,                                          -- what made the CARD product
    superseded_by integer references dias_catalogue,
    registered_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    unique (platform, product_id),
    check ((status = 'superseded') = (superseded_by is not null)),
    check (status <> 'failed' or reason is not null)
);
create index dias_catalogue_footprint on dias_catalogue using gist (footprint);
create index dias_catalogue_obstime on dias_catalogue (card, obstime);
create index dias_catalogue_kind on dias_catalogue (kind, obstime);
create index dias_catalogue_open on dias_catalogue (status, card)
    where status in ('ingested', 'ordered', 'ready', 'inprogress', 'failed');

-- Which acquisitions a CARD product was made from: one, or two for a coherence pair.
create table card_source (
    card_id integer not null references dias_catalogue on delete cascade,
    source_id integer not null references dias_catalogue,
    role text not null check (role in ('reference', 'secondary')),
    primary key (card_id, source_id)
);

-- Until when a platform's publications were read, per kind and season area.
create table catalogue_watermark (
    platform text not null,
    season smallint not null references season,
    kind text not null,
    published timestamptz not null,
    polled_at timestamptz not null default now(),
    primary key (platform, season, kind)
);

-- Tokens left for calls to a platform, shared by all processes.
create table rate_limit (
    platform text primary key,
    tokens double precision not null,
    filled_at timestamptz not null default clock_timestamp()
);

-- When a platform was last looked at as a whole, and until when its deletions were read.
create table catalogue_round (
    platform text not null,
    season smallint not null references season,
    what text not null check (what in ('sweep', 'deletions')),
    done_at timestamptz not null,
    primary key (platform, season, what)
);

-- The unit of extraction: one scene over one tile of one season.
create table extraction (
    season smallint not null references season,
    obsid integer not null references dias_catalogue,
    tile text not null,
    status text not null default 'ready'
        check (status in ('ready', 'inprogress', 'extracted', 'no_parcels', 'failed', 'superseded')),
    records integer,                                       -- parcel x band values with count > 0
    attempts smallint not null default 0,
    reason text,
    claimed_by text,
    claimed_at timestamptz,
    finished_at timestamptz,
    seconds real,
    primary key (season, obsid, tile),
    check (status <> 'failed' or reason is not null)
);
create index extraction_open on extraction (status, claimed_at) where status in ('ready', 'inprogress', 'failed');
