-- Remove a source with all its series.
delete from series_source where id = %(source)s
