-- The parcels with decisions later than one, and the decision in force on each; none if taken back.
with changed as (
    select distinct pid from decision where season = %(season)s and id > %(since)s
)

select
    changed.pid, current.id, current.finding, current.true_crop, current.declared,
    current.decided_by, current.made_at
from changed
left join lateral (
    select * from decision_in_force as one
    where one.season = %(season)s and one.pid = changed.pid
) as current on true
