-- Reopen the failed units of a scene that is tried again.
update extraction
set status = 'ready', attempts = 0, cause = null, reason = null, finished_at = null
where obsid = %(scene)s and status = 'failed'
