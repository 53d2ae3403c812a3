-- What was read of a season's parcels may be kept for as long as this load is its last.
alter table parcel_load add column version uuid not null default gen_random_uuid();
