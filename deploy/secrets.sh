#!/usr/bin/env bash
# Makes the secrets that are not there yet.
#
#   deploy/secrets.sh CONNECTIONS CERTIFICATES             for docker-stack.yaml: secrets of the swarm
#   deploy/secrets.sh --folder secrets CONNECTIONS         for docker-compose.yaml: files in a folder
#
# CONNECTIONS is a JSON file with Airflow's connections (docs/swarm.md), CERTIFICATES the folder of
# tls.crt and tls.key. For a swarm run it on a manager. Passwords are random, and nobody sees them; those
# of an installation that there is are taken from POSTGRES_PASSWORD, REDIS_PASSWORD, AIRFLOW_FERNET_KEY,
# AIRFLOW_JWT_SECRET and AIRFLOW_API_SECRET_KEY.
set -euo pipefail

usage() {
    echo "usage: deploy/secrets.sh [--folder FOLDER] CONNECTIONS.json [CERTIFICATES]" >&2
    exit 2
}

fail() {
    echo "secrets: $*" >&2
    exit 1
}

folder=
if [ "${1:-}" = --folder ]; then
    [ $# -eq 3 ] || usage
    folder=$2
    shift 2
else
    [ $# -eq 2 ] || usage
fi
readonly folder CONNECTIONS=$1 CERTIFICATES=${2:-}

python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$CONNECTIONS" 2>/dev/null ||
    fail "$CONNECTIONS is not a JSON file"
if [ -n "$folder" ]; then
    # Containers read the files as users of their own; on this machine the folder keeps others out.
    install -d -m 0700 "$folder"
    known=$(ls -A "$folder")
    umask 022
else
    for file in tls.crt tls.key; do
        [ -r "$CERTIFICATES/$file" ] || fail "there is no $CERTIFICATES/$file"
    done
    known=$(docker secret ls --format '{{.Name}}') || fail "this host is not a manager of a swarm"
fi

file_of() { if [ "$1" = airflow_connections ]; then echo "$1.json"; else echo "$1"; fi; }

has() { grep -qx "$(if [ -n "$folder" ]; then file_of "$1"; else echo "$1"; fi)" <<<"$known"; }

# From standard input; what is there is left as it is.
make() {
    if has "$1"; then
        cat >/dev/null
        echo "secrets: $1 is there already"
        return
    elif [ -n "$folder" ]; then
        cat >"$folder/.new"
        mv "$folder/.new" "$folder/$(file_of "$1")"
    else
        docker secret create "$1" - >/dev/null
    fi
    echo "secrets: $1 made"
}

random() { printf '%s' "$(head -c "$1" /dev/urandom | od -An -tx1 | tr -d ' \n')"; }

# Passwords are in more than one secret: all of them are made at once, or none.
for group in \
    "postgres_password cbm_superuser_url" \
    "cbm_worker_password cbm_database_url" \
    "cbm_reader_password cbm_reader_url" \
    "cbm_airflow_password airflow_database_url airflow_results_url" \
    "redis_password airflow_broker_url"; do
    there=0 all=0
    for name in $group; do
        all=$((all + 1))
        ! has "$name" || there=$((there + 1))
    done
    [ "$there" = 0 ] || [ "$there" = "$all" ] ||
        fail "only some of these are there; remove them: $group"
done

# What is new here does not change what was made with the old one. Secrets of others do not matter.
before() { has cbm_database_url || has redis_password || has airflow_jwt_secret; }
if before && ! has postgres_password && [ -z "${POSTGRES_PASSWORD:-}" ]; then
    echo "secrets: warning: a database that there is keeps its password: if so, remove postgres_password and" \
        "cbm_superuser_url again, and give it as POSTGRES_PASSWORD" >&2
fi
if before && ! has airflow_fernet_key && [ -z "${AIRFLOW_FERNET_KEY:-}" ]; then
    echo "secrets: warning: connections and variables kept in Airflow's database cannot be read by another" \
        "airflow_fernet_key: if there are any, remove it again, and give theirs as AIRFLOW_FERNET_KEY" >&2
fi

password=${POSTGRES_PASSWORD:-$(random 24)}
printf '%s' "$password" | make postgres_password
printf 'postgresql://cbm:%s@postgis:5432/cbm' "$password" | make cbm_superuser_url
password=$(random 24)
printf '%s' "$password" | make cbm_worker_password
printf 'postgresql://cbm_worker:%s@postgis:5432/cbm' "$password" | make cbm_database_url
password=$(random 24)
printf '%s' "$password" | make cbm_reader_password
printf 'postgresql://cbm_reader:%s@postgis:5432/cbm' "$password" | make cbm_reader_url
password=$(random 24)
printf '%s' "$password" | make cbm_airflow_password
printf 'postgresql+psycopg2://cbm_airflow:%s@postgis:5432/cbm_airflow' "$password" | make airflow_database_url
printf 'db+postgresql://cbm_airflow:%s@postgis:5432/cbm_airflow' "$password" | make airflow_results_url
password=${REDIS_PASSWORD:-$(random 24)}
printf '%s' "$password" | make redis_password
printf 'redis://:%s@redis:6379/0' "$password" | make airflow_broker_url
printf '%s' "${AIRFLOW_JWT_SECRET:-$(random 32)}" | make airflow_jwt_secret
printf '%s' "${AIRFLOW_API_SECRET_KEY:-$(random 32)}" | make airflow_api_secret_key
fernet=$(head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n')
printf '%s' "${AIRFLOW_FERNET_KEY:-$fernet}" | make airflow_fernet_key
make airflow_connections <"$CONNECTIONS"
if [ -z "$folder" ]; then
    make tls.crt <"$CERTIFICATES/tls.crt"
    make tls.key <"$CERTIFICATES/tls.key"
fi
