-- The events of one parcel in some runs, with the numbers of their scenes.
select
    run, kind, start_date, end_date, best_date, confidence,
    array_remove(array[before, after] || evidence, null) as obsids
from marker_event
where season = %(season)s and pid = %(pid)s and run = any(%(runs)s)
order by run, start_date, kind
