-- When a round over a platform was done last.
select done_at from catalogue_round
where platform = %(platform)s and season = %(season)s and what = %(what)s
