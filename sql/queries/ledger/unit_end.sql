-- Close a unit that is in progress, and still this worker's if one is named.
update extraction
set status = %(status)s,
    records = %(records)s,
    seconds = %(seconds)s,
    cause = %(cause)s,
    reason = %(reason)s,
    claimed_by = null,
    claimed_at = null,
    finished_at = now()
where
    season = %(season)s and obsid = %(obsid)s and tile = %(tile)s
    and status = 'inprogress'
    and (%(worker)s::text is null or claimed_by = %(worker)s)
