-- Whether a season's markers are to be run again: a marker or its options are not those of its last
-- run; the season has signatures or gaps, or its neighbour signatures in its margins, that are newer
-- than the last run; or its end has passed since. That run must be a day old. What counts as new does
-- so for two hours longer, for transactions that were open during the run.
with latest as (
    select
        greatest(
            (select max(finished_at) from extraction where season = %(season)s),
            (
                select max(unit.finished_at)
                from season as own
                join season as other
                    on other.id <> own.id and other.srid = own.srid and other.area && own.area
                join extraction as unit on unit.season = other.id
                join dias_catalogue as scene on scene.id = unit.obsid
                where own.id = %(season)s
                  and (scene.obstime at time zone 'UTC')::date
                      between own.starts - %(days)s and own.ends + %(days)s
                  and (scene.obstime at time zone 'UTC')::date not between own.starts and own.ends
            ),
            (select max(greatest(found_at, closed_at)) from gap where season = %(season)s)
        ) as changed_at,
        (select max(made_at) from marker_run where season = %(season)s) as marked_at,
        (select ends from season where id = %(season)s) as ends
),

known as (
    select distinct on (marker) marker, version, parameters
    from marker_run
    where season = %(season)s
    order by marker, id desc
),

installed as (
    select *
    from unnest(%(markers)s::text[], %(versions)s::text[], %(parameters)s::text[]::jsonb[])
        as each_one (marker, version, parameters)
)

select
    exists (select from extraction where season = %(season)s and finished_at is not null)
    and (
        marked_at is null
        or (
            marked_at < now() - interval '23 hours'
            and (
                changed_at > marked_at - interval '2 hours'
                or (marked_at::date <= ends and now()::date > ends)
                or exists (select * from installed except select * from known)
            )
        )
    ) as due
from latest
