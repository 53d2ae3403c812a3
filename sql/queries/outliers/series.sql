-- Which five-day means a season has, in the order of their features, and which of them are used.
select
    card, band, direction, min(period) as first, max(period) as last,
    direction = any (case when card = 's2' then array['*'] else array['A', 'D'] end) as used
from five_day_mean_block
where season = %(season)s
group by card, band, direction
order by card, band, direction
