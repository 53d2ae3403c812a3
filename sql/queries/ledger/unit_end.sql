-- Close a unit that is in progress, and still under this claim if one is named, unless the parcels
-- from which it was computed were replaced.
update extraction
set status = %(status)s,
    records = %(records)s,
    block_records = %(block_records)s,
    valued = %(valued)s,
    blank = %(blank)s,
    outside = %(outside)s,
    seconds = %(seconds)s,
    cause = %(cause)s,
    reason = %(reason)s,
    claimed_by = null,
    claimed_at = null,
    claim = null,
    parcels = %(parcels)s::uuid,
    finished_at = now()
where
    season = %(season)s and obsid = %(obsid)s and tile = %(tile)s
    and status = 'inprogress'
    and (%(claim)s::uuid is null or claim = %(claim)s::uuid)
    and (
        %(parcels)s::uuid is null
        or %(parcels)s::uuid = (
            select version from parcel_load
            where parcel_load.season = extraction.season
            order by id desc
            limit 1
        )
    )
