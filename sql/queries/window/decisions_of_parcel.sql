-- All that people decided on one parcel, the newest first, with what was taken back.
select
    decision.id, decision.pid, decision.run, decision.finding, decision.true_crop,
    decision.decided_by, decision.user_id, decision.made_at, decision.recorded_at, decision.note,
    decision.photo, decision.source, decision.declared, decision.status, decision.rank,
    decision.withdraws, later.id as withdrawn_by,
    decision.id is not distinct from (
        select current.id from decision_in_force as current
        where current.season = %(season)s and current.pid = %(pid)s
    ) as in_force
from decision
left join decision as later on later.withdraws = decision.id
where decision.season = %(season)s and decision.pid = %(pid)s
order by decision.id desc
