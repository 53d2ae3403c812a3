-- Take a token of a platform; the row is locked while it is counted. Below zero is a place in the queue.
insert into rate_limit as bucket (platform, tokens)
values (%(platform)s, %(capacity)s - 1)
on conflict (platform) do update set
    tokens = least(
        %(capacity)s,
        bucket.tokens + greatest(0, extract(epoch from clock_timestamp() - bucket.filled_at)) * %(rate)s
    ) - 1,
    filled_at = clock_timestamp()
returning tokens
