-- What every run of outliers said of one parcel, the newest first.
select
    run.id as run, run.made_at, run.model, run.code, outlier.declared, outlier.predicted,
    outlier.probability, outlier.predicted_probability, outlier.rank, outlier.status,
    outlier.reason as inconclusive_because, outlier.wrong_at_least, outlier.wrong_probability,
    outlier.suspicion, outlier.plausible, outlier.observations, outlier.longest_gap_days,
    explanation.sentence
from outlier_run as run
join outlier on outlier.run = run.id and outlier.pid = %(pid)s
left join outlier_explanation as explanation
    on explanation.run = outlier.run and explanation.pid = outlier.pid
where run.season = %(season)s
order by run.id desc
