-- Products ordered from a platform: one row per order placed, so that what runs for hours survives
-- a restart, and the month's quota can be counted.
create table card_order (
    id integer generated always as identity primary key,
    platform text not null,
    name text not null,                     -- ours, by which the service finds the order again
    attempt smallint not null,
    kind text not null,
    source text not null,                   -- the acquisition ordered for
    workflow text,
    external_id text,                       -- null until the service has confirmed it
    state text not null check (
        state in ('placing', 'queued', 'running', 'completed', 'failed', 'cancelled', 'lost')
    ),
    reason text,
    placed_at timestamptz not null default now(),
    checked_at timestamptz not null default now(),
    result jsonb,                           -- name and location of the product
    unique (platform, name, attempt),
    check (state in ('placing', 'failed', 'lost') or external_id is not null)
);
create index card_order_open on card_order (platform, placed_at)
    where state in ('placing', 'queued', 'running');
