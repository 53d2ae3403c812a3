-- A source of a season by its name.
select id, file_name, file_hash, reading, records, report
from series_source
where season = %(season)s and name = %(name)s
