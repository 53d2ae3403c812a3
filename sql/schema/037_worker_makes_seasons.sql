-- Numbers of observations of five-day means are compressed: neighbours have the same few, so that they
-- take a tenth of their size, and the means of a season are written in four fifths of the time. lz4
-- where the server can.
create procedure compress_observations(means text)
language plpgsql as $$
begin
    execute format('alter table %I alter column n set storage extended', means);
    if exists (
        select from pg_settings where name = 'default_toast_compression' and 'lz4' = any(enumvals)
    ) then
        execute format('alter table %I alter column n set compression lz4', means);
    end if;
end $$;

-- What a role that owns no table may still have done: the partitions of a season that there is, and
-- statistics of the parcels that it has loaded. Both run as the owner of these functions.
create or replace function create_season_partitions(season_id smallint) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    parent text;
    branch text;
    card_name text;
    tables text[];
    array_column record;
begin
    if not exists (select from season where id = season_id) then
        raise exception 'there is no season %', season_id using errcode = 'foreign_key_violation';
    end if;
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
        if parent = 'five_day_mean_block' then
            foreach branch in array tables loop
                call compress_observations(branch);
            end loop;
        end if;
    end loop;
end $$;

create function analyze_parcels() returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    analyze parcel, parcel_slot, parcel_block;
end $$;
comment on function analyze_parcels is 'Statistics of parcels, which only the owner of the tables may collect';

create function analyze_outlines() returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    analyze parcel_outline;
end $$;
comment on function analyze_outlines is 'Statistics of outlines, which only the owner of the table may collect';

-- `cbm db roles` lets the worker's role run them.
revoke execute on function create_season_partitions(smallint), analyze_parcels(), analyze_outlines() from public;
