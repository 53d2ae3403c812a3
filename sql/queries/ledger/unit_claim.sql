-- Claim one unit, unless another worker is claiming it. The caller has locked its scene.
with free as (
    select season, obsid, tile
    from extraction
    where
        season = %(season)s and obsid = %(obsid)s and tile = %(tile)s
        and (
            (status in ('ready', 'failed') and attempts < %(max_attempts)s)
            -- A worker that was killed takes its unit back on the next try.
            or (
                status = 'inprogress'
                and (claimed_at < now() - %(lease)s or claimed_by = %(worker)s)
            )
        )
    for update skip locked
)
update extraction as unit
set status = case when attempts < %(max_attempts)s then 'inprogress' else 'failed' end,
    attempts = least(attempts + 1, %(max_attempts)s),
    claimed_by = %(worker)s,
    claimed_at = now(),
    claim = gen_random_uuid(),
    parcels = null,
    cause = case when attempts >= %(max_attempts)s then 'extraction_failed'::failure_cause end,
    reason = case
        when attempts >= %(max_attempts)s then format('%%s workers died on it', attempts)
    end,
    records = null,
    seconds = null,
    finished_at = null
from free
where unit.season = free.season and unit.obsid = free.obsid and unit.tile = free.tile
returning unit.status, unit.claim::text as claim
