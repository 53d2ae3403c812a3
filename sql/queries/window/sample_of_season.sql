-- A quality sample, if it is of this season.
select id from quality_sample where id = %(sample)s and season = %(season)s
