#!/usr/bin/env bash
# Removes numba's cache if the source of any kernel has changed: scripts/fresh_kernels.sh [FOLDER STAMP]
# Numba looks at the file of a kernel alone, and would go on with what it compiled of another file's.
# Says "stale" if there was something to remove.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly FOLDER=${1:-include/dias_cbm} STAMP=${2:-.run/kernels}

now=$(grep -rlZ --include='*.py' '^import numba\|^from numba' "$FOLDER" | sort -z | xargs -0r sha256sum | sha256sum)
[ "$(cat "$STAMP" 2>/dev/null)" != "$now" ] || exit 0
removed=$(find "$FOLDER" -name '*.nb[ci]' -print -delete)
mkdir -p "$(dirname "$STAMP")"
echo "$now" >"$STAMP"
[ -z "$removed" ] || echo stale
