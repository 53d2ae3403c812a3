-- The typical curves of a run's crops, orbit directions joined.
select
    name, card, band, first_period, parcels, n, p10, p50, p90, variance, block_p50, block_variance
from typical_curve
where run = %(run)s and kind = 'crop' and direction = '*'
order by name, card, band
