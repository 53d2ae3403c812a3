-- Units of a scene; "open" are those that have no end state.
select season, obsid, tile, status in ('ready', 'inprogress', 'failed') as open
from extraction
where obsid = %(scene)s
order by season, tile
