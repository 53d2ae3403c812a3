-- What was read of a block before, if it was the same.
select id from marker_input where season = %(season)s and blk = %(blk)s and hash = %(hash)s
