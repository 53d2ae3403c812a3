-- Settings of a role's sessions, for those that come through a pooler.
alter role {role} in database {database} set timezone = 'UTC';
alter role {role} in database {database} set tcp_keepalives_idle = 15;
alter role {role} in database {database} set tcp_keepalives_interval = 5;
alter role {role} in database {database} set tcp_keepalives_count = 4;
alter role {role} in database {database} set tcp_user_timeout = '35s';
alter role {role} in database {database} set client_connection_check_interval = '10s';
alter role {role} in database {database} set idle_in_transaction_session_timeout = '15min'
