-- Parcels of a list that people have found to be right or wrong, by status.
select outlier.status, count(*)::integer as decided
from decision_in_force as decision
join outlier on outlier.run = %(run)s and outlier.pid = decision.pid
where decision.season = %(season)s
    and decision.finding in ('right', 'wrong')
    and decision.declared is not distinct from outlier.declared
group by outlier.status
