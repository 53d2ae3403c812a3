-- The events of the newest answers of a season, counted by marker and kind.
select latest.marker, event.kind, count(*)::integer as events
from latest_marker_block as latest
join marker_event_slot as event on event.run = latest.run and event.blk = latest.blk
where latest.season = %(season)s
group by latest.marker, event.kind
order by latest.marker, event.kind
