-- Scenes that a season refers to, the products and acquisitions that they were made from, and the
-- scenes that superseded any of these.
with recursive used (id) as (
    select obsid from extraction where season = %(season)s
    union
    select obsid from clear_share where season = %(season)s
    union
    select obsid from gap where season = %(season)s and obsid is not null
    union
    select distinct obsid from {signatures}
    union
    select distinct obsid from {histograms}
),

reached (id) as (
    select id from used
    union
    select linked.id
    from reached
    cross join lateral (
        select source_id as id from card_source where card_id = reached.id
        union all
        select superseded_by from dias_catalogue
        where dias_catalogue.id = reached.id and superseded_by is not null
    ) as linked
)

insert into season_scene (id) select id from reached
