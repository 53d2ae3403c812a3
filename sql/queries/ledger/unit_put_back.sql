-- Release a unit that waits for its platform; its attempt does not count. "others": units of the
-- scene that are in progress.
update extraction as unit
set status = 'ready', attempts = greatest(attempts - 1, 0), cause = 'paused', reason = %(reason)s,
    claimed_by = null, claimed_at = null, claim = null
where
    season = %(season)s and obsid = %(obsid)s and tile = %(tile)s
    and status = 'inprogress'
    and (%(claim)s::uuid is null or claim = %(claim)s::uuid)
returning (
    select count(*) from extraction as other
    where other.obsid = unit.obsid and other.status = 'inprogress'
        and (other.season, other.tile) <> (unit.season, unit.tile)
) as others
