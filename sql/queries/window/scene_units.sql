-- The extraction of some scenes in a season, tile by tile.
select
    unit.obsid, unit.tile, unit.status, unit.records, unit.cause, unit.reason, unit.attempts,
    unit.claimed_at, unit.finished_at, unit.seconds, share.clear / nullif(share.pixels, 0) as clear_share
from extraction as unit
left join clear_share as share
    on share.season = unit.season and share.obsid = unit.obsid and share.tile = unit.tile
where unit.season = %(season)s and unit.obsid = any(%(ids)s)
order by unit.obsid, unit.tile
