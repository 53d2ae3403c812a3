-- How many parcels each block of a season has.
select blk, parcels
from parcel_block
where season = %(season)s
order by blk
