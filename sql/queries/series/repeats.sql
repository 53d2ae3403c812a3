-- Records that are there more than once: how many more, and how often their values differ.
with repeated as (
    select
        count(*) - 1 as more,
        min(mean) is distinct from max(mean) or min(count) is distinct from max(count) as differ
    from series_staged
    group by blk, pos, card, band, day, direction, observation
    having count(*) > 1
)

select coalesce(sum(more), 0)::bigint as more, count(*) filter (where differ) as differ from repeated
