-- The verdicts of one parcel in a run.
select scheme, colour::text as colour, reason::text as reason, sentence, marker_runs
from verdict
where run = %(run)s and season = %(season)s and pid = %(pid)s
  and (%(scheme)s::text is null or scheme = %(scheme)s)
order by scheme
