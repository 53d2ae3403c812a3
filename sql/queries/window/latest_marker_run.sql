-- The newest run of any marker in a season.
select max(id) as id from marker_run where season = %(season)s
