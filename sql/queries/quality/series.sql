-- Five-day means of a parcel, in order of time.
select window_start, window_end, card, band, direction, mean, n
from five_day_means
where season = %(name)s and pid = %(pid)s
order by window_start, card, band, direction
