-- Mean of all parcels per band, orbit direction and window of a run.
select card, band, direction, mean
from typical_level
where run = %(run)s
