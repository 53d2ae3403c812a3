-- Whether a season has had an outlier run.
select exists (
    select from outlier_run
    join season on season.id = outlier_run.season
    where season.name = %(season)s
) as made
