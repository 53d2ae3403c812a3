-- Whether a season has five-day means.
select exists (select from five_day_mean_block where season = %(season)s) as has_means
