-- Record a load of parcels; its id is their version.
insert into parcel_load (season, file, report)
values (%(season)s, %(file)s, %(report)s)
returning id
