-- Declared parcels, and where each one sits in the blocks of its season.
create table parcel (
    season smallint not null references season,
    pid text not null,
    crop text,
    area_m2 double precision not null check (area_m2 > 0),
    geom geometry(MultiPolygon) not null,     -- in season.srid, as loaded (repaired where invalid)
    centre geometry(Point, 4326) not null,    -- point on surface
    repaired text,                            -- how an invalid geometry was mended
    note text,                                -- why statistics may be missing, e.g. below_pixel
    attributes jsonb not null default '{}',
    primary key (season, pid)
);
create index parcel_geom on parcel using gist (geom);
create index parcel_centre on parcel using gist (centre);

create table parcel_block (
    season smallint not null references season,
    blk integer not null,
    tile text not null,                       -- home tile: the MGRS 100 km square of its parcels
    parcels smallint not null check (parcels between 1 and 984),
    extent geometry(Polygon, 4326) not null,  -- bounding box of its parcels
    primary key (season, blk)
);
create index parcel_block_tile on parcel_block (season, tile);
create index parcel_block_extent on parcel_block using gist (extent);

create table parcel_slot (
    season smallint not null,
    pid text not null,
    tile text not null,
    blk integer not null,
    pos smallint not null check (pos between 1 and 984),   -- array subscript, 1-based
    primary key (season, pid),
    unique (season, blk, pos),
    foreign key (season, pid) references parcel on delete cascade,
    foreign key (season, blk) references parcel_block on delete cascade
);
create index parcel_slot_pid on parcel_slot (pid);   -- analysts ask by pid alone

-- What a load found, feature by feature: nothing vanishes without a row.
create table parcel_load (
    id integer generated always as identity primary key,
    season smallint not null references season,
    file text not null,
    loaded_at timestamptz not null default now(),
    report jsonb not null
);
create table parcel_rejected (
    load integer not null references parcel_load on delete cascade,
    feature bigint not null,                  -- 0-based number in the file
    pid text,
    reason text not null,
    detail text,
    primary key (load, feature)
);
