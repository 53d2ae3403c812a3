-- Services of platforms that do not answer: since when, and when they are asked again. While one is
-- here its own work waits; a row goes when the service answers.
create table platform_pause (
    platform text not null,
    service text not null check (service in ('catalogue', 'second source', 'store')),
    since timestamptz not null,
    until timestamptz not null,
    tries integer not null,
    said text not null,                                    -- the error of the last try
    primary key (platform, service)
);

-- Products that were found in a store, where they have no id; the catalogue may list them later.
create index dias_catalogue_found on dias_catalogue (platform, reference) where product_id like 'found:%';

-- Losers are looked up by their winner.
create index dias_catalogue_superseded_by on dias_catalogue (superseded_by)
    where superseded_by is not null;
