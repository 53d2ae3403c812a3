-- A claim is a token: a process that comes late, even one of the same worker's name, cannot close
-- the unit. "parcels" is the load of parcels from which the unit's values were computed.
alter table extraction
    add column claim uuid,
    add column parcels uuid;
