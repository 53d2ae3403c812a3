-- The name under which other transactions can see what this one does.
select pg_export_snapshot() as id
