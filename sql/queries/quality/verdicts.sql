-- Verdicts of a season's latest run of the rules: one row per parcel and scheme.
select verdict.pid, verdict.scheme, verdict.colour::text as colour, verdict.sentence
from verdict
where verdict.run = (select max(id) from scheme_run where season = %(season)s)
  and (%(pid)s::text is null or verdict.pid = %(pid)s)
order by verdict.pid, verdict.scheme
