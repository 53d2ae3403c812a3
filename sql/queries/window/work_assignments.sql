-- Who works on which parcel.
select pid, assignee from work_assignment_in_force where season = %(season)s and assignee is not null
