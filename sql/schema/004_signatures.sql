-- Per-parcel statistics, a block of parcels a row; see docs/tables.md for the layout.
-- Partitioned by season, then card; create_season_partitions() adds a season's leaves.
create table signature_block (
    season smallint not null,
    card text not null,
    obsid integer not null,
    blk integer not null,
    band text not null,
    rule text not null,            -- which pixels count: centre, centre+clear, coverage
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

-- Scene classification of CARD-2A: pixels of one SCL class per parcel.
create table histogram_block (
    season smallint not null,
    obsid integer not null,
    blk integer not null,
    class smallint not null check (class between 0 and 11),
    count real[] not null,         -- NaN: parcel outside the product
    primary key (season, obsid, blk, class)
) partition by list (season);

create table five_day_mean_block (
    season smallint not null,
    card text not null,
    period smallint not null,      -- 0-based from season.epoch
    blk integer not null,
    band text not null,
    direction char(1) not null check (direction in ('A', 'D', '*')),
    mean real[] not null,          -- linear units; NaN: no observation
    n smallint[] not null,         -- observations
    primary key (season, card, period, blk, band, direction)
) partition by list (season);

create function create_season_partitions(season_id smallint) returns void
language plpgsql as $$
declare
    parent text;
    leaf text;
    card_name text;
    array_column record;
begin
    foreach parent in array array['signature_block', 'five_day_mean_block', 'histogram_block'] loop
        if parent = 'histogram_block' then
            execute format('create table if not exists %I partition of %I for values in (%L)',
                           parent || '_' || season_id, parent, season_id);
        else
            execute format('create table if not exists %I partition of %I for values in (%L) partition by list (card)',
                           parent || '_' || season_id, parent, season_id);
        end if;
        foreach card_name in array
            case when parent = 'histogram_block' then array[''] else array['bs', 'c6', 'c12', 's2'] end
        loop
            leaf := parent || '_' || season_id || case when card_name = '' then '' else '_' || card_name end;
            if card_name <> '' then
                execute format('create table if not exists %I partition of %I for values in (%L)',
                               leaf, parent || '_' || season_id, card_name);
            end if;
            -- Arrays fill their TOAST pages exactly when stored as they are, and have no
            -- statistics worth collecting: analysing their elements takes minutes.
            for array_column in
                select attname from pg_attribute
                where attrelid = leaf::regclass and atttypid in ('real[]'::regtype, 'smallint[]'::regtype)
            loop
                execute format('alter table %I alter column %I set storage external, alter column %I set statistics 0',
                               leaf, array_column.attname, array_column.attname);
            end loop;
        end loop;
    end loop;
end $$;
