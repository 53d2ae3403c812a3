-- How many parcels each block of a season holds.
select blk, parcels
from parcel_block
where season = %(season)s
