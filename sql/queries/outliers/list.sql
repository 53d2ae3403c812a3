-- The latest verdicts of a season, least likely declarations first, unranked parcels last.
select
    outlier.pid, outlier.declared, outlier.predicted, outlier.probability,
    outlier.predicted_probability, outlier.rank, outlier.status, outlier.reason,
    outlier.observations, outlier.longest_gap_days, outlier.model, outlier.made_at,
    parcel.area_m2 / 10000 as area_ha
from latest_outliers as outlier
join season on season.id = outlier.season
join parcel on parcel.season = outlier.season and parcel.pid = outlier.pid
where season.name = %(season)s
  and (%(status)s::text is null or outlier.status = %(status)s)
order by outlier.rank nulls last, outlier.pid
limit %(limit)s
