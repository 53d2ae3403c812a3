-- The latest verdict on every parcel of a season.
select
    pid, declared, predicted, probability, predicted_probability, rank, status, reason,
    observations, longest_gap_days, model, made_at
from latest_outliers
where season = %(season)s
order by rank nulls last, pid
