-- One run of a marker.
insert into marker_run
    (season, marker, version, parameters, inputs_hash, code, until, window_start, window_end)
values
    (%(season)s, %(marker)s, %(version)s, %(parameters)s, %(inputs_hash)s, %(code)s, %(until)s,
     %(window_start)s, %(window_end)s)
returning id
