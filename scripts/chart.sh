#!/usr/bin/env bash
# Checks deploy/helm with the folder of Airflow's chart: scripts/chart.sh [CHART]
# Its tools are large and have an environment of their own, .run/chart.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -eq 0 ]; then
    echo "chart: skipped: give the folder of Airflow's chart, make chart CHART=...; see docs/kubernetes.md"
    exit
fi
[ -f "$1/Chart.yaml" ] || { echo "chart: there is no $1/Chart.yaml" >&2; exit 1; }

readonly VENV=.run/chart
wanted=$(sha256sum requirements-chart.txt)
if [ "$(cat "$VENV/stamp" 2>/dev/null)" != "$wanted" ]; then
    .venv/bin/uv venv --quiet --clear --python .venv/bin/python "$VENV"
    .venv/bin/uv pip sync --quiet --python "$VENV/bin/python" --require-hashes requirements-chart.txt
    echo "$wanted" >"$VENV/stamp"
fi
"$VENV/bin/python" scripts/chart.py "$1" deploy/helm/values-*.yaml
