-- Events of the newest answers of some markers, block by block, as rules read them: in no order,
-- without scenes, and of their further values only what tells how sure they are.
select latest.blk, latest.marker, marks.*
from (
    select run, blk, marker
    from latest_marker_block
    where season = %(season)s
      and (%(markers)s::text[] is null or marker = any(%(markers)s))
      and (%(blocks)s::integer[] is null or blk = any(%(blocks)s))
    order by blk, marker
) as latest
cross join lateral (
    select
        array_bytes(array_agg(event.pos)) as pos,
        string_agg(event.kind, chr(10)) as kind,
        array_bytes(array_agg(event.start_date - date '1970-01-01')) as start_day,
        array_bytes(array_agg(event.end_date - date '1970-01-01')) as end_day,
        array_bytes(array_agg(event.confidence)) as confidence,
        array_bytes(array_agg(
            coalesce(
                event."values" -> 'witnessed' = 'true'
                or jsonb_typeof(event."values" -> 'witnessed') = 'number'
                and event."values" -> 'witnessed' > '0', false
            )::integer
        )) as witnessed,
        array_bytes(array_agg(
            coalesce(
                event."values" -> 'provisional' = 'true'
                or jsonb_typeof(event."values" -> 'provisional') = 'number'
                and event."values" -> 'provisional' > '0', false
            )::integer
        )) as provisional
    from marker_event_slot as event
    where event.run = latest.run and event.blk = latest.blk
    having count(*) > 0
) as marks
order by latest.blk, latest.marker
