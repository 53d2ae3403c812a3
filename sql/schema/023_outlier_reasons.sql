-- Why a declaration is doubted: typical curves of a run, and what is said of its listed parcels.

-- Values of trusted parcels of a crop, or of a group of crops, from window to window. Backscatter
-- is in dB. For radar, A and D are what the means of that orbit direction show; * has both joined:
-- each first set against its mean over all parcels (typical_level), then put back on their common
-- level.
create table typical_curve (
    run integer not null references outlier_run on delete cascade,
    season smallint not null references season,
    kind text not null check (kind in ('crop', 'group')),
    name text not null,
    card text not null,
    band text not null,                  -- VH-VV: their ratio in dB
    direction char(1) not null check (direction in ('A', 'D', '*')),
    first_period smallint not null,      -- of the first element of the arrays
    parcels integer not null,            -- trusted parcels
    n integer[] not null,                -- those with a value in the window
    p10 real[] not null,                 -- NaN: too few parcels with a value
    p50 real[] not null,
    p90 real[] not null,
    -- For explanations, direction * only:
    variance real[],                     -- between parcels
    block_p50 real[],                    -- of means over 25 days, less the level
    block_variance real[],               -- of these, between parcels
    primary key (run, kind, name, card, band, direction)
);
comment on table typical_curve is 'The 10, 50 and 90 % of the parcels of a crop in every window, per run';

-- Means over all parcels of a season, per orbit direction: what a parcel's values are set against
-- before its directions are joined.
create table typical_level (
    run integer not null references outlier_run on delete cascade,
    season smallint not null references season,
    card text not null,
    band text not null,
    direction char(1) not null check (direction in ('A', 'D')),
    first_period smallint not null,
    mean real[] not null,                -- dB or coherence; NaN: no values
    primary key (run, card, band, direction)
);
comment on table typical_level is 'Mean of all parcels in every window and orbit direction, per run';

create table outlier_explanation (
    run integer not null references outlier_run on delete cascade,
    season smallint not null references season,
    pid text not null,
    compared text not null,              -- the likeliest crop other than the declared one
    sentence text not null,
    reason text check (reason in ('failed_crop', 'two_signals', 'too_small')),
    remark text,                         -- the reason in words
    method text not null check (method in ('distance', 'occlusion')),
    blame jsonb not null,                -- of 25-day blocks, worst first; see docs/tables.md
    primary key (run, pid),
    foreign key (run, pid) references outlier on delete cascade,
    check ((reason is null) = (remark is null))
);
comment on table outlier_explanation is 'What speaks against the declaration of each listed parcel, per run';

-- For charts and analysts: one row per window.
create view typical_curves as
select
    season.name as season, curve.run, curve.kind, curve.name, curve.card, curve.band,
    curve.direction,
    curve.first_period + place.number as period,
    season.epoch + (curve.first_period + place.number) * season.step_days as window_start,
    season.epoch + (curve.first_period + place.number + 1) * season.step_days as window_end,
    curve.n[place.number + 1] as n,
    curve.p10[place.number + 1] as p10,
    curve.p50[place.number + 1] as p50,
    curve.p90[place.number + 1] as p90
from typical_curve as curve
join season on season.id = curve.season
cross join lateral generate_series(0, cardinality(curve.p50) - 1) as place (number)
where curve.p50[place.number + 1] <> 'NaN';
comment on view typical_curves is 'Typical curves of a run, one row per window in which they are known';
