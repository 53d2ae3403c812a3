-- Colours of a season's last run of rules, one row per parcel and scheme that is meant for it.
select pid, scheme, colour::text as colour
from verdict
where run = (select max(id) from scheme_run where season = %(season)s)
  and colour <> 'none'
order by scheme, pid
