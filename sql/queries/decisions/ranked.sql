-- The ranked parcels of a season's latest list, in its order, and whether each has been inspected.
select
    outlier.run, outlier.pid, outlier.rank, outlier.declared, outlier.predicted, outlier.status,
    decision.finding in ('right', 'wrong') and decision.declared is not distinct from outlier.declared
        as done
from latest_outliers as outlier
left join decision_in_force as decision
    on decision.season = outlier.season and decision.pid = outlier.pid
where outlier.season = %(season)s and outlier.rank is not null
order by outlier.rank
