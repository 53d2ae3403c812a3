-- Quality samples: what was drawn, from which list, and what inspectors found.
create table quality_sample (
    id integer generated always as identity primary key,
    season smallint not null references season,
    made_at timestamptz not null,
    manifest jsonb not null,                -- settings, seed, targets, and the hashes of list and sample
    list bytea not null                     -- the ranked list as CSV, gzip: the draw can be repeated from it
);
comment on table quality_sample is 'A draw of parcels for the quality assessment; never changed';

-- Without references to parcel: a sample outlives a new declaration of the parcels.
create table quality_item (
    sample integer not null references quality_sample on delete cascade,
    season smallint not null references season,
    bucket text not null,                   -- group of interventions
    pid text not null,
    holding text not null,
    ranking integer not null,
    covered boolean not null,               -- by very-high-resolution imagery
    claim_area double precision,            -- hectares
    colour text check (colour in ('green', 'red', 'yellow', 'open')),   -- verdict at the draw
    order_added integer not null,           -- 1: first
    primary key (sample, bucket, pid)
);

create table quality_finding (
    id integer generated always as identity primary key,
    sample integer not null references quality_sample on delete cascade,
    season smallint not null references season,
    bucket text not null,
    pid text not null,                      -- an item of the sample, or one that replaces it
    finding text not null check (finding in ('compliant', 'not_compliant', 'cannot_tell')),
    reason text not null,
    colour text check (colour in ('green', 'red', 'yellow', 'open')),   -- verdict at the finding, if another
    inspector text not null,
    found_at date not null,
    replaced_by text,                       -- parcel that takes its place
    recorded_at timestamptz not null default now(),
    check (finding <> 'cannot_tell' or reason <> ''),
    check (replaced_by is null or finding = 'cannot_tell')
);
comment on table quality_finding is 'What people found. Only ever added to; the latest finding on an item counts';
create index quality_finding_sample on quality_finding (sample, id);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'rows of % are never changed', tg_table_name;
end
$$;
create trigger quality_sample_kept before update on quality_sample
for each row execute function refuse_change();
create trigger quality_item_kept before update on quality_item
for each row execute function refuse_change();
create trigger quality_finding_kept before update on quality_finding
for each row execute function refuse_change();
