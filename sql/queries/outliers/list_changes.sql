-- Parcels that are red in one of two runs or in both, with both verdicts.
select
    coalesce(before.pid, after.pid) as pid,
    before.pid is not null as was_there, after.pid is not null as is_there,
    before.declared as declared_before, after.declared as declared_after,
    before.predicted as predicted_before, after.predicted as predicted_after,
    before.probability as probability_before, after.probability as probability_after,
    before.rank as rank_before, after.rank as rank_after,
    before.status as status_before, after.status as status_after,
    before.reason as reason_before, after.reason as reason_after,
    before.observations as observations_before, after.observations as observations_after
from (select * from outlier where run = %(before)s) as before
full join (select * from outlier where run = %(after)s) as after on after.pid = before.pid
where before.status = 'outlier' or after.status = 'outlier'
order by coalesce(after.rank, before.rank), pid
