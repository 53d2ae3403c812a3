-- Restore all units of a scene that is back in force.
update extraction
set status = 'ready', attempts = 0, cause = null, reason = null, records = null, seconds = null,
    block_records = null, valued = null, blank = null, outside = null,
    claimed_by = null, claimed_at = null, claim = null, finished_at = null
where obsid = %(scene)s
