-- Units of extraction of a season that are in hand or wait, by card, and how far their scenes are.
with hand as (
    select scene.card, unit.obsid, unit.status, unit.claimed_at, scene.obstime, scene.changed_at
    from extraction as unit
    join dias_catalogue as scene on scene.id = unit.obsid
    where unit.season = %(season)s and unit.status in ('ready', 'inprogress')
),

-- All units of these scenes: what is done of them, and since when the first was worked on.
far as (
    select
        scene.card, count(*)::integer as total,
        count(*) filter (where unit.status not in ('ready', 'inprogress'))::integer as done,
        min(coalesce(unit.claimed_at, unit.finished_at)) as begun
    from (select distinct obsid from hand) as one
    join extraction as unit on unit.season = %(season)s and unit.obsid = one.obsid
    join dias_catalogue as scene on scene.id = one.obsid
    group by scene.card
)

select
    hand.card, hand.status, count(*)::integer as units, count(distinct hand.obsid)::integer as scenes,
    -- Of what waits, since when its product is there.
    min(coalesce(hand.claimed_at, hand.changed_at)) as since,
    min(hand.obstime) as earliest, max(hand.obstime) as latest, far.total, far.done, far.begun
from hand
join far using (card)
group by hand.card, hand.status, far.total, far.done, far.begun
order by hand.card, hand.status
