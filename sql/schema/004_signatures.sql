-- Per-parcel statistics, a block of parcels a row; see docs/tables.md for the layout.
-- Partitioned by season, then card; create_season_partitions() adds a season's leaves.
create table signature_block (
    season smallint not null references season,
    card text not null,
    obsid integer not null,
    blk integer not null,
    band text not null,
    rule text not null,            -- which pixels count: centre or coverage, -10m if shrunk, +clear
    count real[] not null,         -- NaN: parcel outside the product; 0: no valid pixel
    mean real[] not null,
    std real[] not null,
    min real[] not null,
    max real[] not null,
    p25 real[] not null,
    p50 real[] not null,
    p75 real[] not null,
    primary key (season, card, obsid, blk, band)
) partition by list (season);
-- One parcel's series; an entry per block, not per record, so it costs next to nothing.
create index signature_block_series on signature_block (blk, obsid);

-- Scene classification of CARD-2A: pixels of one SCL class per parcel.
create table histogram_block (
    season smallint not null references season,
    obsid integer not null,
    blk integer not null,
    class smallint not null check (class between 0 and 11),
    count real[] not null,         -- NaN: parcel outside the product
    primary key (season, obsid, blk, class)
) partition by list (season);
create index histogram_block_series on histogram_block (blk, obsid);

-- Parcels of which a rule leaves few pixels, or nothing; they keep their records.
create table parcel_flag (
    season smallint not null,
    pid text not null,
    card text not null,
    rule text not null,
    reason text not null check (reason in ('few_pixels', 'vanishes_under_inner_buffer')),
    pixels real not null,          -- that count would have on the finest grid, were all valid
    primary key (season, pid, card, rule),
    foreign key (season, pid) references parcel on delete cascade
);

create table five_day_mean_block (
    season smallint not null references season,
    card text not null,
    period smallint not null,      -- 0-based from season.epoch
    blk integer not null,
    band text not null,
    direction char(1) not null check (direction in ('A', 'D', '*')),
    mean real[] not null,          -- linear units; NaN: no observation
    n smallint[] not null,         -- observations
    primary key (season, card, period, blk, band, direction)
) partition by list (season);
create index five_day_mean_block_series on five_day_mean_block (blk, period);

-- ANALYZE of a partitioned table samples its leaves: array elements are not worth minutes of that.
do $$
declare
    array_column record;
begin
    for array_column in
        select attrelid::regclass as parent, attname
        from pg_attribute
        where
            attrelid in ('signature_block'::regclass, 'histogram_block'::regclass, 'five_day_mean_block'::regclass)
            and atttypid in ('real[]'::regtype, 'smallint[]'::regtype)
    loop
        execute format('alter table %s alter column %I set statistics 0',
                       array_column.parent, array_column.attname);
    end loop;
end $$;

-- A leaf is made apart and then attached: extraction in other seasons goes on meanwhile.
create procedure attach_partition(parent text, leaf text, bound anyelement, sub_partition text)
language plpgsql as $$
begin
    if to_regclass(quote_ident(leaf)) is null then
        execute format('create table %I (like %I including defaults including constraints) %s',
                       leaf, parent, sub_partition);
        execute format('alter table %I attach partition %I for values in (%L)', parent, leaf, bound);
    end if;
end $$;

create function create_season_partitions(season_id smallint) returns void
language plpgsql as $$
declare
    parent text;
    branch text;
    card_name text;
    tables text[];
    array_column record;
begin
    foreach parent in array array['signature_block', 'five_day_mean_block', 'histogram_block'] loop
        branch := parent || '_' || season_id;
        tables := array[branch];
        if parent = 'histogram_block' then
            call attach_partition(parent, branch, season_id, '');
        else
            call attach_partition(parent, branch, season_id, 'partition by list (card)');
            foreach card_name in array array['bs', 'c6', 'c12', 's2'] loop
                call attach_partition(branch, branch || '_' || card_name, card_name, '');
                tables := tables || (branch || '_' || card_name);
            end loop;
        end if;
        -- Arrays fill their TOAST pages exactly when stored as they are, and have no statistics
        -- worth collecting: analysing their elements takes minutes.
        for array_column in
            select attrelid::regclass::text as name, attname
            from pg_attribute
            where
                attrelid = any(tables::regclass[])
                and atttypid in ('real[]'::regtype, 'smallint[]'::regtype)
        loop
            execute format('alter table %s alter column %I set storage external, alter column %I set statistics 0',
                           array_column.name, array_column.attname, array_column.attname);
        end loop;
    end loop;
end $$;
comment on function create_season_partitions is 'Adds the leaves of a season; those that are there stay';
