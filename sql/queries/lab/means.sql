-- Five-day means of all directions, compared with avg() over the records that they are made of.
with direct as (
    select
        record.card,
        record.pid,
        record.band,
        ((scene.obstime at time zone 'UTC')::date - season.epoch) / season.step_days as period,
        avg(record.mean::double precision) as mean,
        count(*) as n
    from signatures as record
    join season on season.name = record.season
    join dias_catalogue as scene on scene.id = record.obsid
    where season.id = %(season)s and record.mean is not null
    group by record.card, record.pid, record.band, period
),

kept as (
    select
        mean.card,
        mean.pid,
        mean.band,
        mean.period,
        mean.mean,
        mean.n
    from five_day_means as mean
    join season on season.name = mean.season
    where season.id = %(season)s and mean.direction = '*'
)

select
    card,
    count(kept.mean) as means,
    coalesce(sum(kept.n), 0)::bigint as observations,
    count(*) filter (
        where direct.mean is null
        or kept.mean is null
        or direct.n <> kept.n
        or abs(direct.mean - kept.mean) > 1e-6 * abs(direct.mean)
    ) as different
from direct
full join kept using (card, pid, band, period)
group by card
order by card
