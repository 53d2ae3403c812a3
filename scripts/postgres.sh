#!/usr/bin/env bash
# The project's own PostgreSQL cluster: scripts/postgres.sh start|stop|status|url|remove
#
# It lives in .run/pg (CBM_RUN_FOLDER chooses another folder than .run), listens on 127.0.0.1 only,
# on CBM_PG_PORT (54321) or the next free port, and never runs as root. If CBM_DATABASE_URL is set,
# that database is used and no cluster is created.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly BIN=/usr/lib/postgresql/15/bin
readonly DATABASE=cbm
readonly FOLDER=$(realpath -m "${CBM_RUN_FOLDER:-.run}")/pg

say() { printf 'postgres: %s\n' "$*" >&2; }

fail() {
    printf 'postgres: error: %s\n' "$*" >&2
    exit 1
}

# PostgreSQL refuses to run as root; in that case Debian's user postgres runs it.
as_owner() {
    if [ "$(id -u)" -eq 0 ]; then
        # Its working directory must be one that this user may enter.
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

# The cluster's folder: below .run, unless the user postgres cannot enter a folder above it (such as
# /root); then it is in that user's home, and recorded in .run/pg/place.
choose_place() {
    if as_owner test -x "$FOLDER"; then
        echo "$FOLDER/cluster"
    else
        echo "/var/lib/postgresql/cbm-$(printf '%s' "$FOLDER" | sha256sum | cut -c1-12)"
    fi
}

place() { cat "$FOLDER/place" 2>/dev/null; }

port() { cat "$FOLDER/port"; }

running() { [ -n "$(place)" ] && as_owner "$BIN/pg_ctl" -D "$(place)/data" status >/dev/null 2>&1; }

taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

choose_port() {
    local wanted=${CBM_PG_PORT:-54321} candidate
    [[ $wanted =~ ^[0-9]+$ ]] || fail "CBM_PG_PORT is not a port: $wanted"
    for ((candidate = wanted; candidate < wanted + 100 && candidate < 65536; candidate++)); do
        if ! taken "$candidate"; then
            [ "$candidate" = "$wanted" ] || say "port $wanted is taken, using $candidate"
            echo "$candidate"
            return
        fi
    done
    fail "no free port from $wanted on; set CBM_PG_PORT"
}

create() {
    local place=$1 owner=()
    [ "$(id -u)" -ne 0 ] || owner=(-o postgres)
    install -d -m 700 "${owner[@]}" "$place"
    (umask 077 && head -c 32 /dev/urandom | sha256sum | cut -c1-40 >"$FOLDER/password")
    install -m 600 "${owner[@]}" "$FOLDER/password" "$place/password"
    as_owner "$BIN/initdb" -D "$place/data" -U "$DATABASE" --auth=scram-sha-256 \
        --pwfile="$place/password" -E UTF8 --locale=C.UTF-8 >"$FOLDER/initdb.log" 2>&1 ||
        fail "initdb failed: see $FOLDER/initdb.log"
    rm "$place/password"
    as_owner tee -a "$place/data/postgresql.conf" >/dev/null <<-SETTINGS
		listen_addresses = '127.0.0.1'
		unix_socket_directories = ''
		max_connections = 200
		shared_buffers = '256MB'
		max_wal_size = '2GB'
		jit = off
	SETTINGS
    # Written last: a cluster without it was never finished and is created again.
    echo "$place" >"$FOLDER/place"
}

start() {
    [ -x "$BIN/initdb" ] || fail "PostgreSQL 15 is not installed: run scripts/setup.sh"
    install -d "$FOLDER"
    exec 8>"$FOLDER/lock"
    flock 8
    if running; then
        say "already running on 127.0.0.1:$(port)"
        return
    fi
    if [ -z "$(place)" ]; then
        local chosen
        chosen=$(choose_place)
        rm -rf "$chosen"
        create "$chosen"
    fi
    choose_port >"$FOLDER/port.new"
    mv "$FOLDER/port.new" "$FOLDER/port"
    as_owner "$BIN/pg_ctl" -D "$(place)/data" -l "$(place)/log" -w -t 60 -o "-p $(port)" start \
        >"$FOLDER/start.log" 2>&1 8>&- || fail "it does not start: see $(place)/log"
    PGPASSWORD=$(cat "$FOLDER/password") "$BIN/psql" -X -q -h 127.0.0.1 -p "$(port)" -U "$DATABASE" \
        -d postgres -v ON_ERROR_STOP=1 -v name="$DATABASE" >/dev/null <<-'SQL'
		select format('create database %I', :'name')
		where not exists (select from pg_database where datname = :'name') \gexec
	SQL
    say "running on 127.0.0.1:$(port)"
}

stop() {
    running || return 0
    as_owner "$BIN/pg_ctl" -D "$(place)/data" -m fast -w -t 60 stop >/dev/null ||
        fail "it does not stop: see $(place)/log"
    say "stopped"
}

status() {
    if running; then
        say "running on 127.0.0.1:$(port)"
    else
        say "not running"
        return 3
    fi
}

# Whether the user has set another database; the address of this cluster does not count.
has_own_database() {
    [ -n "${CBM_DATABASE_URL:-}" ] && [ "$CBM_DATABASE_URL" != "$(url 2>/dev/null)" ]
}

url() {
    [ -f "$FOLDER/port" ] || fail "there is no cluster: scripts/postgres.sh start"
    printf 'postgresql://%s:%s@127.0.0.1:%s/%s\n' \
        "$DATABASE" "$(cat "$FOLDER/password")" "$(port)" "$DATABASE"
}

remove() {
    stop
    [ -z "$(place)" ] || rm -rf "$(place)"
    rm -rf "$FOLDER"
}

case "${1:-}" in
start | status)
    if has_own_database; then
        say "CBM_DATABASE_URL is set; no cluster of our own"
        exit
    fi
    "$1"
    ;;
url)
    if has_own_database; then
        printf '%s\n' "$CBM_DATABASE_URL"
        exit
    fi
    url
    ;;
stop | remove) "$1" ;;
*) fail "usage: scripts/postgres.sh start|stop|status|url|remove" ;;
esac
