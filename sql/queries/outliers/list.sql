-- The latest verdicts of a season, most suspicious declarations first, unranked parcels last; listed
-- ones with what speaks against them, and what people found.
select
    outlier.pid, outlier.declared, outlier.predicted, outlier.probability,
    outlier.predicted_probability, outlier.rank, outlier.status, outlier.reason,
    outlier.observations, outlier.longest_gap_days, outlier.model, outlier.made_at,
    parcel.area_m2 / 10000 as area_ha,
    outlier.wrong_at_least, outlier.wrong_probability, outlier.plausible,
    explanation.sentence, explanation.reason as special_reason, explanation.remark,
    decision.finding, decision.true_crop, decision.decided_by, decision.made_at as decided_at
from latest_outliers as outlier
join season on season.id = outlier.season
join parcel on parcel.season = outlier.season and parcel.pid = outlier.pid
left join outlier_explanation as explanation
    on explanation.run = outlier.run and explanation.pid = outlier.pid
left join decision_in_force as decision
    on decision.season = outlier.season and decision.pid = outlier.pid
where season.name = %(season)s
  and (%(status)s::text is null or outlier.status = %(status)s)
order by outlier.rank nulls last, outlier.pid
limit %(limit)s
