-- Decisions: what people found on a parcel. Rows are only ever added: a correction is a new row, and
-- the latest one of a parcel is in force. Neither the parcel nor the run is a foreign key, because
-- parcels may be replaced and runs removed; what the list said is therefore copied here.
create table decision (
    id bigint generated always as identity primary key,
    season smallint not null references season,
    pid text not null,
    run integer,                            -- the list that the decision is about; null: none had the parcel
    finding text not null check (finding in ('right', 'wrong', 'unclear')),   -- of the declared crop
    true_crop text,                         -- if it was seen
    decided_by text not null check (decided_by <> ''),
    made_at timestamptz not null default clock_timestamp(),
    note text,
    source text not null check (source in ('window', 'file', 'api', 'command')),
    file_hash text,                         -- SHA-256 of the file, and the line in it
    file_line integer,
    recorded_at timestamptz not null default clock_timestamp(),

    declared text,                          -- what the list said of the parcel
    status text,
    rank integer,
    ranked integer,                         -- parcels with a rank in that list
    swap_odds real,
    rank_odds real,
    area_ha real,

    unique (season, file_hash, file_line),
    check ((source = 'file') = (file_hash is not null)),
    check ((file_hash is null) = (file_line is null)),
    check (true_crop is null or declared is null or finding = 'unclear'
           or (finding = 'wrong') = (true_crop <> declared))
);
create index decision_latest on decision (season, pid, made_at desc, id desc);
comment on table decision is 'What people found on parcels; rows are only ever added';
comment on column decision.finding is 'right: the declared crop was found; wrong: another one; unclear: neither could be told';
comment on column decision.made_at is 'When it was found; the latest of a parcel is in force';

-- Drop of a season names it in a setting of its transaction; nothing else can remove a decision.
create function keep_decisions() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and current_setting('cbm.dropped_season', true) = old.season::text then
        return old;
    end if;
    if tg_op = 'TRUNCATE' and current_setting('cbm.dropped_season', true) = 'every' then
        return null;
    end if;
    raise exception 'decisions are only ever added'
        using errcode = 'object_not_in_prerequisite_state',
              hint = 'record a new decision: the latest one of a parcel is in force';
end
$$;
create trigger keep_decisions before update or delete on decision
    for each row execute function keep_decisions();
create trigger keep_all_decisions before truncate on decision
    for each statement execute function keep_decisions();

-- Two decisions of one moment are both kept; the one recorded later is in force.
create view decision_in_force as
select distinct on (season, pid) *
from decision
order by season, pid, made_at desc, id desc;
comment on view decision_in_force is 'The latest decision on each parcel';

-- Crop groups: confusion inside a group is not an error.
create table crop_group (
    season smallint references season,      -- null: every season of the agency
    crop text not null check (crop <> ''),  -- as declared, letter by letter
    name text not null check (name <> ''),  -- of the group
    hcat text check (hcat ~ '^[0-9]{10}$'), -- EuroCrops code of the crop, if the group came from it
    source text not null,                   -- name of the file
    loaded_at timestamptz not null default now(),
    unique nulls not distinct (season, crop)
);
comment on table crop_group is 'Groups of crops whose confusion is not an error; a season''s own row comes before the agency''s';
