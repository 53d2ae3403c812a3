-- Why a scene, a unit of extraction or a pass has no signatures: the cause is for programs, the
-- reason beside it for people. Until now the cause stood at the beginning of the reason.
create type failure_cause as enum (
    'not_planned', 'not_acquired', 'not_published', 'not_indexed', 'card_failed', 'fetch_failed',
    'corrupt', 'cloudy', 'no_parcels', 'extraction_failed', 'pending',
    'quarantined', 'deleted', 'paused'                     -- of the ledger only; a gap has another
);

alter table dias_catalogue add column cause failure_cause;
alter table extraction add column cause failure_cause;

-- What stood in the text moves into the column; a text that names no cause is kept as it is.
update dias_catalogue
set cause = 'deleted',
    reason = regexp_replace(reason, '^(not_indexed: )?deleted by the platform: ', 'its platform says: ')
where reason ~ '^(not_indexed: )?deleted by the platform: ';

update dias_catalogue
set cause = split_part(reason, ':', 1)::failure_cause,
    reason = coalesce(nullif(ltrim(substr(reason, strpos(reason || ':', ':') + 1)), ''), reason)
where cause is null and split_part(reason, ':', 1) = any(enum_range(null::failure_cause)::text[]);

update extraction
set cause = split_part(reason, ':', 1)::failure_cause,
    reason = coalesce(nullif(ltrim(substr(reason, strpos(reason || ':', ':') + 1)), ''), reason)
where split_part(reason, ':', 1) = any(enum_range(null::failure_cause)::text[]);

-- A failure without a known cause counts for the last step that was reached.
update dias_catalogue
set cause = case when engine is null then 'card_failed' else 'extraction_failed' end::failure_cause
where status = 'failed' and cause is null;

update extraction set cause = 'extraction_failed' where status = 'failed' and cause is null;

alter table dias_catalogue
    add check (status <> 'failed' or cause is not null),
    add check (
        kind in ('S1_GRD', 'S1_SLC', 'S2_L1C', 'S2_L2A', 'CARD_BS', 'CARD_COH6', 'CARD_COH12')
    );
alter table extraction add check (status <> 'failed' or cause is not null);
alter table gap
    alter column cause type failure_cause using cause::failure_cause,
    add check (cause not in ('quarantined', 'deleted', 'paused'));

comment on column dias_catalogue.cause is 'Why the scene has failed, waits or has no parcels; programs read this';
comment on column dias_catalogue.reason is 'The same in words, for people only';
comment on column extraction.cause is 'Why the unit has failed, waits or has no parcels; programs read this';
comment on column extraction.reason is 'The same in words, for people only';

-- What became of one parcel in each window of a season, card by card.
create or replace function parcel_windows(season_name text, parcel text)
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
            array_agg(distinct gap.cause::text) as causes
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
