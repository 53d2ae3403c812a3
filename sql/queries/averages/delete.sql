-- Delete a window's means, of all blocks or of some.
delete from five_day_mean_block
where
    season = %(season)s
    and card = %(card)s
    and period = %(period)s
    and (%(blocks)s::integer[] is null or blk = any(%(blocks)s))
