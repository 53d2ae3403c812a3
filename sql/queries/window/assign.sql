-- Assign parcels of a season, where that changes something; who had them before.
with asked as (
    select parcel.pid, current.assignee as before
    from parcel
    left join work_assignment_in_force as current
        on current.season = parcel.season and current.pid = parcel.pid
    where parcel.season = %(season)s and parcel.pid = any(%(pids)s)
),

added as (
    insert into work_assignment (season, pid, assignee, assigned_by, user_id)
    select %(season)s, asked.pid, %(assignee)s, %(by)s, %(user_id)s
    from asked
    where asked.before is distinct from %(assignee)s::text
    returning pid
)

select asked.pid, asked.before, added.pid is not null as changed
from asked
left join added on added.pid = asked.pid
order by asked.pid
