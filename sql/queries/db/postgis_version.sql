-- The version of PostGIS in this database, null if it is not there, and the one that could be.
select
    (select extversion from pg_extension where extname = 'postgis') as installed,
    (select default_version from pg_available_extensions where name = 'postgis') as available;
