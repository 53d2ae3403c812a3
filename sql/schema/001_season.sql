-- A season: one area and one declaration year. Everything else hangs on it.
create extension if not exists postgis;

create table season (
    id smallint generated always as identity primary key,
    name text not null unique,
    area geometry(MultiPolygon, 4326) not null,
    srid integer not null,                -- CRS of its parcels' geometries
    epoch date not null,                  -- first day of period 0
    starts date not null,                 -- first day of observation
    ends date not null,                   -- last day of observation, included
    step_days smallint not null default 5 check (step_days between 1 and 60),
    area_from_parcels boolean not null default false,   -- the area follows the parcels' extent
    created_at timestamptz not null default now(),
    check (starts <= ends and epoch <= starts)
);
comment on table season is 'One area and one declaration year; owns parcels, signatures, means, gaps, outliers';
comment on column season.srid is 'EPSG code of parcel.geom of this season';
