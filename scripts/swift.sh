#!/usr/bin/env bash
# One-node OpenStack Swift with its S3 middleware, for tests and the demo:
# scripts/swift.sh start|stop|status|endpoint|remove
#
# It lives in .run/swift (CBM_RUN_FOLDER chooses another folder than .run), listens on 127.0.0.1
# only (CBM_SWIFT_ADDRESS is for a network without a way out), on CBM_SWIFT_PORT (18080) and the four
# ports after it, or the next free ones, and never runs as root. Account "test", user "tester", key
# "testing"; in S3 the access key is "test:tester".
set -euo pipefail
cd "$(dirname "$0")/.."

readonly FOLDER=$(realpath -m "${CBM_RUN_FOLDER:-.run}")/swift
# In the order in which they are started; the last one is what clients talk to.
readonly SERVERS=(memcached account container object proxy)

say() { printf 'swift: %s\n' "$*" >&2; }

fail() {
    printf 'swift: error: %s\n' "$*" >&2
    exit 1
}

owner() { if [ "$(id -u)" -eq 0 ]; then echo swift; else id -un; fi; }

# The working directory must be one that Debian's user swift may enter; no PYTHONPATH of ours.
as_owner() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && env -u PYTHONPATH runuser -u swift -- "$@")
    else
        (cd / && env -u PYTHONPATH "$@")
    fi
}

choose_place() {
    if as_owner test -x "$FOLDER"; then
        echo "$FOLDER/node"
    else
        echo "/var/lib/swift/cbm-$(printf '%s' "$FOLDER" | sha256sum | cut -c1-12)"
    fi
}

place() { cat "$FOLDER/place" 2>/dev/null; }

port() { cat "$FOLDER/port"; }

taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Five ports in a row, so that one number is enough to find them all.
choose_port() {
    local wanted=$1 first offset
    for ((first = wanted; first < wanted + 500 && first < 65500; first += 5)); do
        for offset in 0 1 2 3 4; do
            ! taken $((first + offset)) || continue 2
        done
        echo "$first"
        return
    done
    fail "no five free ports from $wanted on; set CBM_SWIFT_PORT"
}

port_of() {
    case "$1" in
    proxy) port ;;
    account) echo $(($(port) + 1)) ;;
    container) echo $(($(port) + 2)) ;;
    object) echo $(($(port) + 3)) ;;
    memcached) echo $(($(port) + 4)) ;;
    esac
}

# The account is known to everybody: only the lab's network namespaces may be given.
address_of() {
    if [ "$1" = proxy ]; then echo "${CBM_SWIFT_ADDRESS:-127.0.0.1}"; else echo 127.0.0.1; fi
}

pid_of() { cat "$FOLDER/$1.pid" 2>/dev/null; }

# A recorded process id may have been reused, so the command line is checked too.
alive() {
    local pid
    pid=$(pid_of "$1") && [ -n "$pid" ] && grep -qa -- "$1" "/proc/$pid/cmdline" 2>/dev/null
}

any_alive() {
    local server
    for server in "${SERVERS[@]}"; do ! alive "$server" || return 0; done
    return 1
}

running() { alive proxy && alive object && alive container && alive account && alive memcached; }

common() {
    cat <<-CONF
		[DEFAULT]
		bind_ip = $(address_of "$1")
		bind_port = $(port_of "$1")
		swift_dir = $(place)/etc
		devices = $(place)/srv
		mount_check = false
		disable_fallocate = true
		fallocate_reserve = 0
		recon_cache_path = $(place)/cache
		user = $(owner)
		workers = 0
		log_level = WARNING
	CONF
}

configure_server() {
    common "$1"
    cat <<-CONF
		[pipeline:main]
		pipeline = $1-server
		[app:$1-server]
		use = egg:swift#$1
	CONF
}

configure_proxy() {
    common proxy
    cat <<-CONF
		[pipeline:main]
		pipeline = catch_errors cache s3api tempauth copy dlo slo proxy-server
		[app:proxy-server]
		use = egg:swift#proxy
		account_autocreate = true
		allow_account_management = true
		[filter:tempauth]
		use = egg:swift#tempauth
		user_test_tester = testing .admin
		[filter:s3api]
		use = egg:swift#s3api
		s3_acl = false
		min_segment_size = 1048576
		[filter:copy]
		use = egg:swift#copy
		[filter:dlo]
		use = egg:swift#dlo
		[filter:slo]
		use = egg:swift#slo
		[filter:catch_errors]
		use = egg:swift#catch_errors
		[filter:cache]
		use = egg:swift#memcache
		memcache_servers = 127.0.0.1:$(port_of memcached)
	CONF
}

configure() {
    local etc=$FOLDER/etc server
    rm -rf "$etc"
    install -d "$etc"
    cat >"$etc/swift.conf" <<-CONF
		[swift-hash]
		swift_hash_path_prefix = cbm
		swift_hash_path_suffix = cbm
		[storage-policy:0]
		name = Policy-0
		default = yes
	CONF
    for server in account container object; do
        configure_server "$server" >"$etc/$server-server.conf"
        {
            swift-ring-builder "$etc/$server.builder" create 4 1 1
            swift-ring-builder "$etc/$server.builder" add \
                "r1z1-127.0.0.1:$(port_of "$server")/d1" 1
            swift-ring-builder "$etc/$server.builder" rebalance
        } >>"$FOLDER/rings.log" 2>&1 || [ $? -eq 1 ] || fail "no ring: see $FOLDER/rings.log"
    done
    configure_proxy >"$etc/proxy-server.conf"
    install -d -m 700 -o "$(owner)" "$(place)"
    as_owner mkdir -p "$(place)/srv/d1" "$(place)/cache"
    rm -rf "$(place)/etc"
    cp -r "$etc" "$(place)/etc"
    chown -R "$(owner)" "$(place)/etc"
}

launch() {
    local command
    if [ "$1" = memcached ]; then
        command=(memcached -l 127.0.0.1 -p "$(port_of memcached)" -U 0 -m 16)
    else
        command=("swift-$1-server" "$(place)/etc/$1-server.conf")
    fi
    if [ "$(id -u)" -eq 0 ]; then
        command=(setpriv --reuid=swift --regid=swift --init-groups "${command[@]}")
    fi
    (
        cd /
        exec env -u PYTHONPATH HOME=/ setsid "${command[@]}" >>"$FOLDER/$1.log" 2>&1 </dev/null 8>&-
    ) &
    echo $! >"$FOLDER/$1.pid"
}

# The sockets that listen on a port, by their inodes.
listeners() {
    awk -v port="$(printf ':%04X' "$1")" '$4 == "0A" && substr($2, length($2) - 4) == port { print $10 }' \
        /proc/net/tcp
}

# Until the server listens on its port. It fails if the server has ended, or if another process listens
# there: Swift would wait for the port, or share it, and clients would talk to a stranger.
await() {
    local attempt pid inode found
    pid=$(pid_of "$1")
    for ((attempt = 0; attempt < 300; attempt++)); do
        found=$(listeners "$(port_of "$1")")
        for inode in $found; do
            [ -n "$(find "/proc/$pid/fd" -lname "socket:\[$inode\]" 2>/dev/null)" ] || return 1
        done
        [ -z "$found" ] || return 0
        alive "$1" || [ "$attempt" -lt 20 ] || return 1
        sleep 0.1
    done
    return 1
}

launch_all() {
    local server
    for server in "${SERVERS[@]}"; do alive "$server" || launch "$server"; done
    for server in "${SERVERS[@]}"; do
        await "$server" || {
            say "$server does not start on port $(port_of "$server"): see $FOLDER/$server.log"
            return 1
        }
    done
}

# A port may be taken by another process between the moment it was free and the moment it is used.
launch_on_free_ports() {
    local first=${CBM_SWIFT_PORT:-18080} attempt
    [[ $first =~ ^[0-9]+$ ]] || fail "CBM_SWIFT_PORT is not a port: $first"
    for attempt in 1 2 3 4 5; do
        first=$(choose_port "$first")
        echo "$first" >"$FOLDER/port"
        configure
        ! launch_all || return 0
        stop
        first=$((first + 5))
    done
    fail "Swift does not start: see the logs in $FOLDER"
}

start() {
    command -v swift-proxy-server >/dev/null && command -v memcached >/dev/null ||
        fail "Swift is not installed: run scripts/setup.sh --test-services"
    install -d "$FOLDER"
    exec 8>"$FOLDER/lock"
    flock 8
    if running; then
        say "already running on 127.0.0.1:$(port)"
        return
    fi
    [ -n "$(place)" ] || choose_place >"$FOLDER/place"
    # A single server that died is started again; a stopped node may find its ports taken.
    if any_alive; then
        launch_all || fail "Swift is not whole: scripts/swift.sh stop, and start it again"
    else
        launch_on_free_ports
    fi
    say "running on 127.0.0.1:$(port)"
}

stop() {
    local server pid attempt
    for server in "${SERVERS[@]}"; do
        if alive "$server"; then
            pid=$(pid_of "$server")
            kill "$pid" 2>/dev/null || true
            for ((attempt = 0; attempt < 50; attempt++)); do
                alive "$server" || break
                sleep 0.1
            done
            ! alive "$server" || kill -9 "$pid" 2>/dev/null || true
        fi
        rm -f "$FOLDER/$server.pid"
    done
}

status() {
    if running; then
        say "running on 127.0.0.1:$(port)"
    else
        say "not running"
        return 3
    fi
}

endpoint() {
    [ -f "$FOLDER/port" ] || fail "there is no Swift: scripts/swift.sh start"
    printf 'http://127.0.0.1:%s\n' "$(port)"
}

remove() {
    stop
    [ -z "$(place)" ] || rm -rf "$(place)"
    rm -rf "$FOLDER"
}

case "${1:-}" in
start | stop | status | endpoint | remove) "$1" ;;
*) fail "usage: scripts/swift.sh start|stop|status|endpoint|remove" ;;
esac
