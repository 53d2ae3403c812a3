-- Rows that are there more than once: how many more, and how often their values differ.
with repeated as (
    select
        count(*) - 1 as more,
        (min(tmean), min(tmin), min(tmax), min(precipitation))
        is distinct from (max(tmean), max(tmin), max(tmax), max(precipitation)) as differ
    from weather_staged
    group by number, day
    having count(*) > 1
)

select coalesce(sum(more), 0)::bigint as more, count(*) filter (where differ) as differ from repeated
