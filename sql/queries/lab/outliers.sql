-- Verdicts of a season's last run, one row per parcel.
select
    pid,
    status,
    rank
from latest_outliers
where season = %(season)s
order by rank nulls last, pid
