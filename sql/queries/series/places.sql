-- Block and position of every parcel of a season.
select pid, blk, pos from parcel_slot where season = %(season)s
