-- The events of one parcel in some runs, with the names of their scenes.
select
    event.run, event.kind, event.start_date, event.end_date, event.best_date, event.confidence,
    earlier.reference as before, later.reference as after,
    (
        select coalesce(array_agg(scene.reference order by scene.obstime, scene.id), '{}')
        from dias_catalogue as scene where scene.id = any(event.evidence)
    ) as evidence,
    event."values"
from parcel_slot as slot
join marker_event_slot as event
    on event.season = slot.season and event.blk = slot.blk and event.pos = slot.pos
left join dias_catalogue as earlier on earlier.id = event.before
left join dias_catalogue as later on later.id = event.after
where slot.season = %(season)s and slot.pid = %(pid)s and event.run = any(%(runs)s)
order by event.run, event.number
