-- Enter a source; its number of records follows.
insert into series_source (season, name, file_name, file_hash, reading, records, report, code)
values (%(season)s, %(name)s, %(file_name)s, %(file_hash)s, %(reading)s, 0, '{}', %(code)s)
returning id
