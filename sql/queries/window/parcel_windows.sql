-- One parcel's five-day means.
select
    card, band, direction, period, nullif(mean[%(pos)s], 'NaN') as mean, n[%(pos)s] as n
from five_day_mean_block
where season = %(season)s
    and blk = %(blk)s
    and (%(cards)s::text[] is null or card = any(%(cards)s))
    and n[%(pos)s] > 0
order by card, band, direction, period
