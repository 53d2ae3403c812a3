#!/bin/bash
# What the entrypoint of postgis/postgis does: make the cluster once, then serve. Redis only runs.
set -euo pipefail

[ "${1:-}" = postgres ] || exec "$@"

if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
    POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --username "$POSTGRES_USER" --pwfile=<(echo "$POSTGRES_PASSWORD") \
        --auth-local=trust --auth-host=scram-sha-256 --encoding UTF8 --locale=C.UTF-8
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    pg_ctl -D "$PGDATA" -w start -o "-c listen_addresses=''"
    sql() { psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" "$@"; }
    sql --dbname postgres --command "create database \"$POSTGRES_DB\""
    sql --dbname "$POSTGRES_DB" --command "create extension postgis"
    for file in /docker-entrypoint-initdb.d/*.sql; do
        sql --dbname "$POSTGRES_DB" --file "$file"
    done
    pg_ctl -D "$PGDATA" -m fast -w stop
fi
exec "$@" -D "$PGDATA" -c listen_addresses='*'
