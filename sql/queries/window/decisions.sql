-- A page of a season's decisions, the newest first.
select
    decision.id, decision.pid, decision.run, decision.finding, decision.true_crop,
    decision.decided_by, decision.user_id, decision.made_at, decision.recorded_at, decision.note,
    decision.photo, decision.source, decision.declared, decision.status, decision.rank,
    decision.withdraws, later.id as withdrawn_by
from decision
left join decision as later on later.withdraws = decision.id
where decision.season = %(season)s and decision.id < %(before)s
order by decision.id desc
limit %(limit)s
