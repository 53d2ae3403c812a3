-- The latest outlier verdict on a parcel.
select
    declared, predicted, probability, predicted_probability, rank, status, reason, observations,
    longest_gap_days, made_at
from latest_outliers
where season = %(season)s and pid = %(pid)s
