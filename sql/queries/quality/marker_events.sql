-- The events of the newest answers on a parcel, in order of time; evidence is ids of the ledger.
select marker, kind, start_date, end_date, best_date, confidence, before, after, evidence
from latest_marker_events
where season = %(season)s and pid = %(pid)s
order by best_date, marker, number
