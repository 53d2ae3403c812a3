-- Enters a run of a rule file.
insert into scheme_run (season, file_name, file_hash, file, inputs_hash, code)
values (%(season)s, %(file_name)s, %(file_hash)s, %(file)s, %(inputs_hash)s, %(code)s)
returning id
