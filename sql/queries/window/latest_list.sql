-- The latest list of a season.
select id, made_at from outlier_run where season = %(season)s order by id desc limit 1
