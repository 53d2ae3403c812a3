-- The latest run of rules in a season.
select id, file_name, file_hash, file, inputs_hash, code, made_at
from scheme_run
where season = %(season)s
order by id desc
limit 1
