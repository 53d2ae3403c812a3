#!/bin/sh
# Start of every container: its command, after the kernels that were compiled at build have been
# copied to where numba may write, which it insists on.
set -eu

if [ ! -d "$NUMBA_CACHE_DIR" ]; then
    cp -R /opt/cbm/kernels "$NUMBA_CACHE_DIR.$$" &&
        mv -T "$NUMBA_CACHE_DIR.$$" "$NUMBA_CACHE_DIR" ||
        echo "cbm: no room for compiled kernels in $NUMBA_CACHE_DIR; the first extraction compiles" >&2
fi
exec "$@"
