#!/usr/bin/env bash
# Installs everything that a fresh Debian 12 needs to run this project. Safe to run again, quick if
# nothing is missing; with --test-services also the object store of tests and of `make demo STORE=s3`,
# and the browser of tests.
# Output of the installers goes to .run/setup.log.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly VENV=.venv
readonly LOG=.run/setup.log
readonly STAMP=$VENV/.cbm-stamp
readonly POSTGRES=/usr/lib/postgresql/15/bin/initdb
readonly POSTGIS=/usr/share/postgresql/15/extension/postgis.control

WITH_TEST_SERVICES=no
[ "${1:-}" != --test-services ] || WITH_TEST_SERVICES=yes
readonly WITH_TEST_SERVICES

say() { printf 'setup: %s\n' "$*"; }

fail() {
    printf 'setup: error: %s\n' "$*" >&2
    exit 1
}

# Runs a command with its output in the log; a failure shows the end of it, without addresses.
quietly() {
    if ! "$@" >>"$LOG" 2>&1; then
        tail -n 20 "$LOG" | sed -E 's#[a-z+]+://[^[:space:]]+#<address>#g' >&2
        fail "'$1 ${2:-}' failed; all of its output is in $LOG"
    fi
}

find_python() {
    local candidate
    for candidate in python3.11 /usr/bin/python3.11 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            "$candidate" -c 'import sys; print(sys.executable)'
            return
        fi
    done
    return 1
}

# One line that changes whenever the virtual environment has to be recreated or updated.
wanted_stamp() {
    cat requirements.txt requirements-dev.txt requirements-uv.txt requirements-client.txt pyproject.toml "$0" | sha256sum | cut -d' ' -f1
    "$PYTHON" -VV
    pwd
}

missing_packages() {
    "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
    /sbin/ldconfig -p | grep -q libgomp.so.1 || echo libgomp1
    /sbin/ldconfig -p | grep -q libexpat.so.1 || echo libexpat1
    if [ "$WITH_TEST_SERVICES" = yes ]; then
        local server
        for server in proxy account container object; do
            command -v "swift-$server-server" >/dev/null || echo "swift-$server"
        done
        command -v memcached >/dev/null || echo memcached
        command -v chromium >/dev/null || echo chromium
        [ -x /usr/sbin/nginx ] || echo nginx
        [ -x /usr/sbin/pgbouncer ] || echo pgbouncer
    fi
    if [ -z "${CBM_DATABASE_URL:-}" ]; then
        [ -x "$POSTGRES" ] || echo postgresql-15
        [ -e "$POSTGIS" ] || echo postgresql-15-postgis-3
    fi
}

install_packages() {
    command -v apt-get >/dev/null || fail "this is not Debian; please install: $*"
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "missing $*; run as root, or install sudo"
        root=(sudo)
    fi
    say "installing Debian packages: $*"
    # Debian would create and start a cluster 'main' of its own on port 5432.
    local without_main=/etc/postgresql-common/createcluster.d/cbm-setup.conf
    "${root[@]}" mkdir -p "$(dirname "$without_main")"
    echo 'create_main_cluster = false' | "${root[@]}" tee "$without_main" >/dev/null
    quietly "${root[@]}" apt-get update
    # Debian must not start other services either: ours are started when they are used.
    local policy=/usr/sbin/policy-rc.d made=no
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
        "${root[@]}" chmod 755 "$policy"
        made=yes
    fi
    quietly "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "$@"
    [ "$made" = no ] || "${root[@]}" rm -f "$policy"
    "${root[@]}" rm -f "$without_main"
}

install_python_packages() {
    say "installing Python packages into $VENV (a few minutes the first time)"
    "$VENV/bin/python" -c '' 2>/dev/null || quietly "$PYTHON" -m venv --clear "$VENV"
    # Every file is checked against the hashes of the lock files, the installer included.
    quietly "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check \
        --require-hashes -r requirements-uv.txt
    local uv=("$VENV/bin/uv" pip)
    quietly "${uv[@]}" sync --python "$VENV/bin/python" --compile-bytecode \
        --require-hashes requirements.txt requirements-dev.txt requirements-client.txt
    # Without isolation it is built with the locked setuptools.
    quietly "${uv[@]}" install --python "$VENV/bin/python" --no-deps --no-build-isolation \
        --editable .
    # A second description of the package on the path: entry points would be found twice.
    rm -rf include/*.egg-info
}

# The pages of plugins/client. What is built of the present sources stays, and needs no network.
build_client() {
    ! "$VENV/bin/python" scripts/client.py is-built || return 0
    say "building the window's pages"
    quietly "$VENV/bin/python" scripts/client.py build
}

# Without this, the first extraction would compile for a quarter of a minute.
compile_kernels() {
    say "compiling the extraction's kernels"
    "$VENV/bin/python" -m dias_cbm.extraction.compilation >>"$LOG" 2>&1 ||
        say "not compiled, see $LOG; the first extraction will"
}

mkdir -p .run
exec 9>.run/setup.lock
flock 9

PYTHON=$(find_python) || fail "Python 3.11 not found; on Debian 12: apt-get install python3"
readonly PYTHON
mapfile -t missing < <(missing_packages)
if [ "${#missing[@]}" -gt 0 ]; then
    install_packages "${missing[@]}"
fi
if [ "$(cat "$STAMP" 2>/dev/null)" != "$(wanted_stamp)" ]; then
    rm -f "$STAMP"
    install_python_packages
    scripts/fresh_kernels.sh >/dev/null
    compile_kernels
    wanted_stamp >"$STAMP"
    say "done"
elif [ -n "$(scripts/fresh_kernels.sh)" ]; then
    compile_kernels
fi
build_client
