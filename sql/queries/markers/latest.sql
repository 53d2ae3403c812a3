-- The newest run of each marker in each block of a season, with what it read.
select latest.marker, latest.blk, latest.run, latest.version, latest.parameters, input.hash
from latest_marker_block as latest
join marker_input as input on input.id = latest.input
where latest.season = %(season)s
