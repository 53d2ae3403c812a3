-- What the markers read of a block.
insert into marker_input (season, blk, hash, days, looks, missing)
values (%(season)s, %(blk)s, %(hash)s, %(days)s, %(looks)s, %(missing)s)
returning id
