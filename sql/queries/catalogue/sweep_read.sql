-- The time of the last sweep or round of deletions over a platform.
select done_at from catalogue_round
where platform = %(platform)s and season = %(season)s and what = %(what)s
