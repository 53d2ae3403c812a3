-- Further values of the newest answers of some markers, block by block.
select latest.blk, latest.marker, named.name, array_bytes(named.value) as value
from latest_marker_block as latest
join marker_value_block as named on named.run = latest.run and named.blk = latest.blk
where latest.season = %(season)s
  and (%(markers)s::text[] is null or latest.marker = any(%(markers)s))
  and (%(blocks)s::integer[] is null or latest.blk = any(%(blocks)s))
order by latest.blk, latest.marker, named.name
