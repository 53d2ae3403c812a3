-- The latest assignment of each parcel that was assigned later than one.
select distinct on (pid) pid, assignee
from work_assignment
where season = %(season)s and id > %(since)s
order by pid, id desc
