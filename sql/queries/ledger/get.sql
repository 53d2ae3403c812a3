-- One scene, columns in the order of dias_cbm.ledger.LedgerScene.
select
    id, platform, product_id, reference, obstime, endtime, published, sensor, card, kind,
    rel_orbit, abs_orbit, direction, datatake, slice, tile, baseline, timeliness,
    st_asbinary(footprint) as footprint, location, online, size, checksum,
    status, attempts, cause, reason, claimed_by, claimed_at, engine, superseded_by,
    registered_at, changed_at
from dias_catalogue
where id = %(scene)s
