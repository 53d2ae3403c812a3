-- The used part of a platform's quota: orders of this calendar month (UTC), and running ones.
select
    count(*) filter (
        where external_id is not null
            and placed_at >= date_trunc('month', now() at time zone 'UTC') at time zone 'UTC'
    ) as month,
    count(*) filter (where state in ('placing', 'queued', 'running')) as running
from card_order
where platform = %(platform)s
