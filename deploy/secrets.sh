#!/usr/bin/env bash
# Makes the secrets of docker-stack.yaml that the swarm does not have yet: deploy/secrets.sh CONNECTIONS CERTIFICATES
#
# CONNECTIONS is a JSON file with Airflow's connections (docs/swarm.md), CERTIFICATES the folder of
# tls.crt and tls.key. Run it on a manager. Passwords are random, and nobody sees them.
set -euo pipefail
umask 077

[ $# -eq 2 ] || { echo "usage: deploy/secrets.sh CONNECTIONS.json CERTIFICATES" >&2; exit 2; }
readonly CONNECTIONS=$1 CERTIFICATES=$2

fail() {
    echo "secrets: $*" >&2
    exit 1
}

python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$CONNECTIONS" 2>/dev/null ||
    fail "$CONNECTIONS is not a JSON file"
for file in tls.crt tls.key; do
    [ -r "$CERTIFICATES/$file" ] || fail "there is no $CERTIFICATES/$file"
done
known=$(docker secret ls --format '{{.Name}}') || fail "this host is not a manager of a swarm"

has() { grep -qx "$1" <<<"$known"; }

# From standard input; what the swarm has is left as it is.
make() {
    if has "$1"; then
        cat >/dev/null
        echo "secrets: $1 is there already"
    else
        docker secret create "$1" - >/dev/null
        echo "secrets: $1 made"
    fi
}

random() { printf '%s' "$(head -c "$1" /dev/urandom | od -An -tx1 | tr -d ' \n')"; }

# Passwords are in more than one secret: all of them are made at once, or none.
readonly WITH_PASSWORD="postgres_password cbm_database_url airflow_database_url airflow_results_url"
readonly WITH_QUEUE="redis_password airflow_broker_url"
for group in "$WITH_PASSWORD" "$WITH_QUEUE"; do
    there=0 all=0
    for name in $group; do
        all=$((all + 1))
        ! has "$name" || there=$((there + 1))
    done
    [ "$there" = 0 ] || [ "$there" = "$all" ] ||
        fail "only some of these are there; remove them, and the volumes made with them: $group"
done

password=$(random 24)
printf '%s' "$password" | make postgres_password
printf 'postgresql://cbm:%s@postgis:5432/cbm' "$password" | make cbm_database_url
printf 'postgresql+psycopg2://cbm:%s@postgis:5432/cbm_airflow' "$password" | make airflow_database_url
printf 'db+postgresql://cbm:%s@postgis:5432/cbm_airflow' "$password" | make airflow_results_url
password=$(random 24)
printf '%s' "$password" | make redis_password
printf 'redis://:%s@redis:6379/0' "$password" | make airflow_broker_url
random 32 | make airflow_jwt_secret
random 32 | make airflow_api_secret_key
head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' | make airflow_fernet_key
make airflow_connections <"$CONNECTIONS"
make tls.crt <"$CERTIFICATES/tls.crt"
make tls.key <"$CERTIFICATES/tls.key"
