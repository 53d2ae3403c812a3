-- What the newest answers of some markers were read from, block by block: the clear looks and the
-- missing scenes. Markers that were run apart may have read different ones.
select distinct on (latest.blk, input.id)
    latest.blk, input.id, input.days, encode(input.looks, 'hex') as looks, input.missing
from latest_marker_block as latest
join marker_input as input on input.id = latest.input
where latest.season = %(season)s
  and (%(markers)s::text[] is null or latest.marker = any(%(markers)s))
  and (%(blocks)s::integer[] is null or latest.blk = any(%(blocks)s))
order by latest.blk, input.id
