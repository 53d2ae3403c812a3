-- Events of the newest answers of some markers, block by block; an array per column and marker.
select
    latest.blk, latest.marker,
    array_agg(event.pos order by event.pos, event.number) as pos,
    array_agg(event.kind order by event.pos, event.number) as kind,
    array_agg(event.start_date - date '1970-01-01' order by event.pos, event.number) as start_day,
    array_agg(event.end_date - date '1970-01-01' order by event.pos, event.number) as end_day,
    array_agg(event.best_date - date '1970-01-01' order by event.pos, event.number) as best_day,
    array_agg(event.confidence order by event.pos, event.number) as confidence,
    array_agg(coalesce(event.before, 0) order by event.pos, event.number) as before,
    array_agg(coalesce(event.after, 0) order by event.pos, event.number) as after,
    array_agg(array_to_string(event.evidence, ' ') order by event.pos, event.number) as evidence,
    array_agg(event.values::text order by event.pos, event.number) as "values"
from latest_marker_block as latest
join marker_event_slot as event on event.run = latest.run and event.blk = latest.blk
where latest.season = %(season)s
  and (%(markers)s::text[] is null or latest.marker = any(%(markers)s))
  and (%(blocks)s::integer[] is null or latest.blk = any(%(blocks)s))
group by latest.blk, latest.marker
order by latest.blk, latest.marker
