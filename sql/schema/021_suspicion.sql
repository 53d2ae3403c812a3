-- A list that can be made again: what ranked the parcels, from what, by which code and models.
alter table outlier
    add column suspicion double precision,  -- the ranking; the highest is the most suspicious
    add column log_odds real,               -- log of how much likelier the best other crop (group) is
    add column swap_odds real,              -- log of how much likelier it is among swapped declarations
    add column aum real,                    -- margin of the declared crop over training; low: suspicious
    add column wrong_at_least real,         -- lower bound of P(wrong)
    add column fold smallint,               -- the models of this fold did not train on the parcel
    add column rank_odds real,              -- swap odds in the order of the ranking; P(wrong) is fitted to them
    add column wrong_probability real,      -- P(wrong), calibrated by inspections; null before there are enough
    add column plausible text[];            -- crops that cannot be excluded, the likeliest first
comment on column outlier.wrong_at_least is 'Lower bound of the probability that the declaration is wrong, by swaps';

alter table outlier_run
    add column means text,                  -- hash of the feature matrix
    add column code text,                   -- version that made the list
    add column options jsonb,               -- settings and seed of the scores
    add column environment jsonb,           -- threads, BLAS, versions of libraries
    add column parcels uuid;                -- load of parcels that was judged

create table outlier_model (
    run integer not null references outlier_run on delete cascade,
    name text not null,
    content bytea not null,                 -- LightGBM's text compressed by zlib; networks as .npz
    primary key (run, name)
);
alter table outlier_model alter column content set storage external;   -- compressed already
comment on table outlier_model is 'The models of an outlier run, one per fold and learner';

drop view latest_outliers;
create view latest_outliers as
select outlier.*, outlier_run.made_at, outlier_run.model
from outlier
join outlier_run on outlier_run.id = outlier.run
where outlier_run.id in (select max(id) from outlier_run group by season);
