-- What worker and reader may do with the tables that there are, and with those still to come.
grant connect, temporary on database {database} to {owner}, {worker}, {reader};
-- A database that is older than PostgreSQL 15 lets everybody create.
revoke create on schema public from public;
grant usage, create on schema public to {owner};
grant usage on schema public to {worker}, {reader};
grant select, insert, update, delete, truncate on all tables in schema public to {worker};
grant usage, select on all sequences in schema public to {worker};
grant select on all tables in schema public to {reader};
-- Hashes of keys are nothing to look at.
revoke all on api_key from {reader};
revoke insert, update, delete, truncate on migration from {worker};
-- What needs the owner: these functions run as it, and check what they are given.
grant execute on function
    create_season_partitions(smallint), compress_statistics(smallint), analyze_parcels(), analyze_outlines()
to {worker};
alter default privileges for role {owner} in schema public
grant select, insert, update, delete, truncate on tables to {worker};
alter default privileges for role {owner} in schema public grant usage, select on sequences to {worker};
alter default privileges for role {owner} in schema public grant select on tables to {reader}
