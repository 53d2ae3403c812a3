-- Enter what was read of a source.
update series_source set records = %(records)s, report = %(report)s where id = %(source)s
