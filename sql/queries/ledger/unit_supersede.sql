-- Close the units of a superseded scene that are not extracted.
update extraction
set status = 'superseded', claimed_by = null, claimed_at = null, claim = null, finished_at = now()
where obsid = %(scene)s and status in ('ready', 'inprogress', 'failed')
