-- Connections that the server allows to other than superusers, those that are open, and this one.
select
    current_setting('max_connections')::integer
    - current_setting('superuser_reserved_connections')::integer
    - coalesce(current_setting('reserved_connections', true), '0')::integer as available,
    (select count(*) from pg_stat_activity where backend_type = 'client backend')::integer as used,
    pg_backend_pid() as pid
