-- What should have been seen and was not, and the mails that said so.
create table gap (
    id integer generated always as identity primary key,
    season smallint not null references season,
    card text not null check (card in ('bs', 'c6', 'c12', 's2')),
    satellite text not null,
    rel_orbit smallint not null,
    direction char(1),
    tile text not null,
    expected_at timestamptz not null,       -- when the pass should have been sensed; kept as first computed
    cause text not null,
    evidence text not null,                 -- what the cause was decided by, in plain words
    state text not null check (state in ('pending', 'late', 'missing', 'recovered', 'confirmed')),
    parcels integer not null,               -- parcels of the tile that it, or its missing part, would have covered
    blocks integer[],                       -- blocks of these parcels
    found_at timestamptz not null default now(),
    checked_at timestamptz not null default now(),   -- found, or the platform last asked again
    attempts smallint not null default 0,   -- times the platform was asked again
    next_check timestamptz,                 -- null when closed
    closed_at timestamptz,
    obsid integer references dias_catalogue,   -- the scene it is about, or that recovered it
    unique (season, card, satellite, rel_orbit, tile, expected_at),
    check ((closed_at is not null) = (state in ('recovered', 'confirmed'))),
    check ((next_check is null) = (closed_at is not null))
);
comment on table gap is 'An expected pass over a tile, or part of it, without signatures. Rows are never deleted';
create index gap_open on gap (season, next_check) where closed_at is null;

-- Days of observation whose run has ended: the catalogue was asked, and what it listed was worked on.
create table observed_day (
    season smallint not null references season,
    card text not null check (card in ('bs', 'c6', 'c12', 's2')),
    day date not null,
    closed_at timestamptz not null default now(),
    report jsonb not null,
    primary key (season, card, day)
);

-- How much of a CARD-2A product was clear over the parcels of a tile; measured once per extraction.
create table clear_share (
    season smallint not null references season,
    obsid integer not null references dias_catalogue,
    tile text not null,
    pixels double precision,                -- classified pixels in parcels; null: no histogram was kept
    clear double precision,                 -- of these, in a clear class
    classes text not null,                  -- the setting clear_classes it was measured with
    finished_at timestamptz,                -- of the extraction it was measured from
    primary key (season, obsid, tile)
);

-- A mail is claimed, sent, then marked as sent: see dias_cbm.notices.digest.
create table digest (
    season smallint not null references season,
    news text not null,                     -- hash of what it tells: the same news is sent once
    state text not null check (state in ('sending', 'sent')),
    claimed_at timestamptz not null default now(),
    sent_at timestamptz,
    subject text not null,
    items text[] not null,                  -- the single facts it tells
    primary key (season, news),
    check ((state = 'sent') = (sent_at is not null))
);

-- What became of one parcel in each window of a season, card by card.
create function parcel_windows(season_name text, parcel text)
returns table (
    card text, period integer, window_start date, window_end date,   -- half-open
    observations integer,          -- scenes with a valid pixel in the parcel
    blank integer,                 -- scenes over it without one, e.g. clouded
    gaps_open integer, gaps_confirmed integer, causes text[],
    state text                     -- observed, open, confirmed, blank or 'nothing expected'
)
language sql stable as $$
    with place as (
        select slot.season, slot.tile, slot.blk, slot.pos, season.epoch, season.step_days, season.starts, season.ends
        from parcel_slot as slot
        join season on season.id = slot.season
        where season.name = season_name and slot.pid = parcel
    ),

    seen as (
        select
            block.card,
            ((scene.obstime at time zone 'UTC')::date - place.epoch) / place.step_days as period,
            block.obsid,
            bool_or(block.count[place.pos] > 0) as valued
        from place
        join signature_block as block on block.season = place.season and block.blk = place.blk
        join dias_catalogue as scene on scene.id = block.obsid
        where block.count[place.pos] <> 'NaN'
        group by 1, 2, 3
    ),

    observed as (
        select
            card, period,
            count(*) filter (where valued) as observations,
            count(*) filter (where not valued) as blank
        from seen
        group by card, period
    ),

    missed as (
        select
            gap.card,
            ((gap.expected_at at time zone 'UTC')::date - place.epoch) / place.step_days as period,
            count(*) filter (where gap.closed_at is null) as gaps_open,
            count(*) filter (where gap.state = 'confirmed') as gaps_confirmed,
            array_agg(distinct gap.cause) as causes
        from place
        join gap
            on gap.season = place.season
            and gap.tile = place.tile
            and (gap.blocks is null or gap.blocks = '{}' or place.blk = any(gap.blocks))
            and gap.state <> 'recovered'
        group by 1, 2
    ),

    time_window as (
        select cards.card, step.period, place.epoch, place.step_days
        from place
        cross join (select card from observed union select card from missed) as cards
        cross join lateral generate_series(
            (place.starts - place.epoch) / place.step_days, (place.ends - place.epoch) / place.step_days
        ) as step (period)
    )

    select
        card, period,
        epoch + period * step_days as window_start,
        epoch + (period + 1) * step_days as window_end,
        coalesce(observations, 0)::integer,
        coalesce(blank, 0)::integer,
        coalesce(gaps_open, 0)::integer,
        coalesce(gaps_confirmed, 0)::integer,
        coalesce(causes, '{}'),
        case
            when observations > 0 then 'observed'
            when gaps_open > 0 then 'open'
            when gaps_confirmed > 0 then 'confirmed'
            when blank > 0 then 'blank'
            else 'nothing expected'
        end
    from time_window
    left join observed using (card, period)
    left join missed using (card, period)
    order by card, period
$$;
comment on function parcel_windows is
    'One row per card and five-day window of a parcel: observations, gaps and their causes';
