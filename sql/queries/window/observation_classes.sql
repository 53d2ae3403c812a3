-- Observations of each parcel in the last windows of a card, by window; all directions, one band.
select mean.blk, array_bytes(mean.n) as n
from five_day_mean_block as mean
where
    mean.season = %(season)s
    and mean.card = %(card)s
    and mean.period between %(first)s and %(last)s
    and mean.direction = '*'
    and mean.band = %(band)s
