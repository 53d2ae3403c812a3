-- Parcels whose signal does not confirm their declaration, one set of rows per model run.
create table outlier_run (
    id integer generated always as identity primary key,
    season smallint not null references season,
    made_at timestamptz not null default now(),
    model text not null,                    -- hash of features, labels, parameters and code version
    features jsonb not null,                -- feature schema
    labels text not null,                   -- hash of the declared crops it was trained on
    report jsonb not null                   -- counts, accuracy, rare crops, parcels without data
);

create table outlier (
    run integer not null references outlier_run on delete cascade,
    season smallint not null references season,
    pid text not null,
    declared text,
    predicted text,
    probability real,                       -- of the declared crop, by a model that did not train on the parcel
    predicted_probability real,
    rank integer,                           -- 1: least likely declaration
    status text not null check (status in ('confirmed', 'inconclusive', 'outlier')),
    reason text,                            -- why inconclusive
    observations integer not null,
    longest_gap_days integer,
    primary key (run, pid)
);
create index outlier_rank on outlier (run, rank);

create view latest_outliers as
select outlier.*, outlier_run.made_at, outlier_run.model
from outlier
join outlier_run on outlier_run.id = outlier.run
where outlier_run.id in (select max(id) from outlier_run group by season);
