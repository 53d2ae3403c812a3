-- Number of parcels in each block of a season.
select blk, parcels
from parcel_block
where season = %(season)s
