-- How exactly a season keeps its statistics, chosen when it is created: as they were computed, or
-- rounded to eight binary digits, which compress to two thirds.
alter table season
    add column precision text not null default 'full' check (precision in ('full', 'quantised'));
comment on column season.precision is
    'full: statistics as computed; quantised: all but count rounded to 8 binary digits, 0.4 % at most';

-- Rounded numbers repeat each other; others do not, and would be tried in vain. pglz finds a repeated
-- number wherever it stands and writes two bytes for it, lz4 three.
create function compress_statistics(season_id smallint) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    chosen boolean := exists (
        select from pg_settings where name = 'default_toast_compression'
    );
    array_column record;
begin
    for array_column in
        select attrelid::regclass::text as name, attname
        from pg_partition_tree(to_regclass('signature_block_' || season_id))
        join pg_attribute on attrelid = relid
        where
            atttypid = 'real[]'::regtype
            and exists (select from season where id = season_id and precision = 'quantised')
    loop
        execute format('alter table %s alter column %I set storage extended',
                       array_column.name, array_column.attname);
        if chosen then
            execute format('alter table %s alter column %I set compression pglz',
                           array_column.name, array_column.attname);
        end if;
    end loop;
end $$;
comment on function compress_statistics is
    'Lets the partitions of a quantised season compress their arrays; others stay as they are';

-- `cbm db roles` lets the worker's role run it.
revoke execute on function compress_statistics(smallint) from public;

-- Blocks hold 992 parcels: so many numbers fill the two pieces that TOAST cuts an array into. Blocks that
-- there are keep their size, but the places of the map count on by the new one.
alter table parcel_block
    drop constraint parcel_block_parcels_check,
    add constraint parcel_block_parcels_check check (parcels between 1 and 992);
alter table parcel_slot
    drop constraint parcel_slot_pos_check,
    add constraint parcel_slot_pos_check check (pos between 1 and 992);
alter table marker_event_slot
    drop constraint marker_event_slot_pos_check,
    add constraint marker_event_slot_pos_check check (pos between 1 and 992);

update parcel_outline set place = place / 984 * 992 + place % 984
where place >= 984;

create or replace function draw_outlines(for_season smallint) returns void language sql as $$
    insert into parcel_outline (season, pid, place, outline, coarse)
    select
        parcel.season, parcel.pid, (slot.blk - 1) * 992 + slot.pos - 1,
        web.outline,
        -- 12 m of Web Mercator are a third of a pixel at zoom 11.
        coalesce(st_multi(st_simplifypreservetopology(web.outline, 12)), web.outline)
    from parcel
    join parcel_slot as slot using (season, pid)
    cross join lateral (select st_multi(st_transform(parcel.geom, 3857)) as outline) as web
    where parcel.season = for_season
    order by slot.blk, slot.pos
$$;
