-- What the newest answers were read from, block by block: the clear looks and the missing scenes.
select distinct on (latest.blk)
    latest.blk, input.id, input.days, encode(input.looks, 'hex') as looks, input.missing
from latest_marker_block as latest
join marker_input as input on input.id = latest.input
where latest.season = %(season)s
  and (%(blocks)s::integer[] is null or latest.blk = any(%(blocks)s))
order by latest.blk, input.id desc
