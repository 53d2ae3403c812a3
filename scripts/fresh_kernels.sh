#!/usr/bin/env bash
# Removes numba's cache if the source of any kernel has changed: scripts/fresh_kernels.sh [FOLDER STAMP]
# Numba looks at the file of a kernel alone, and would go on with what it compiled of another file's, and
# with the constants that another file had. FOLDER is the folder of a package.
# Says "stale" if there was something to remove.
set -euo pipefail
cd "$(dirname "$0")/.."
readonly FOLDER=${1:-include/dias_cbm} STAMP=${2:-.run/kernels}

# Files with kernels, and those of the package that they import constants from.
sources() {
    local kernels module file
    mapfile -t kernels < <(grep -rl --include='*.py' '^import numba\|^from numba' "$FOLDER")
    [ ${#kernels[@]} -gt 0 ] || return 0
    printf '%s\n' "${kernels[@]}"
    { grep -hzoP '(?m)^from \K\S+(?= import (\([^)]*|[^\n(]*)\b[A-Z][A-Z_0-9]+\b)' "${kernels[@]}" || true; } |
        while IFS= read -rd '' module; do
            file=$(dirname "$FOLDER")/${module//.//}.py
            [ ! -f "$file" ] || echo "$file"
        done
}

now=$(sources | sort -u | xargs -rd '\n' sha256sum | sha256sum)
[ "$(cat "$STAMP" 2>/dev/null)" != "$now" ] || exit 0
removed=$(find "$FOLDER" -name '*.nb[ci]' -print -delete)
mkdir -p "$(dirname "$STAMP")"
echo "$now" >"$STAMP"
[ -z "$removed" ] || echo stale
