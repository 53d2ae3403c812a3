-- Open gaps by tile, and the blocks they concern where these are known.
select tile, coalesce(blocks, '{}') as blocks
from gap
where season = %(season)s and closed_at is null
