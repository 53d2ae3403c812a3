-- Typical curves of some crops in a run.
select name, card, band, direction, first_period, parcels, n, p10, p50, p90
from typical_curve
where run = %(run)s
    and kind = 'crop'
    and name = any(%(names)s)
    and (%(cards)s::text[] is null or card = any(%(cards)s))
order by card, band, direction, name
