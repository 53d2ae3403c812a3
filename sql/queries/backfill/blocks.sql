-- Where the blocks of a season's parcels lie, and how many parcels they hold.
select tile, parcels, st_asbinary(extent) as extent
from parcel_block
where season = %(season)s
