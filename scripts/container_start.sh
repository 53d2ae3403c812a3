#!/bin/sh
# Start of every container: its command, after a look whether this service may start, and after the
# kernels that were compiled at build have been copied to where numba may write, which it insists on.
set -eu

# What is wrong is one sentence, and the container ends: nothing half started stays.
command=$*
case "$command" in
# As Airflow's Helm chart writes it, with or without a broken line.
"bash -c exec "*"airflow "*) command="airflow ${command#*airflow }" ;;
esac
case "$command" in
"airflow api-server"* | "airflow scheduler"* | "airflow dag-processor"* | "airflow triggerer"*)
    service=${command#airflow }
    service=${service%% *}
    ;;
"airflow celery worker"*) service=worker ;;
*) service= ;;
esac
if [ -n "$service" ]; then
    cbm db check --service "$service" --wait "${START_WAIT_S:-60}"
fi

if [ ! -d "$NUMBA_CACHE_DIR" ]; then
    cp -R /opt/cbm/kernels "$NUMBA_CACHE_DIR.$$" &&
        mv -T "$NUMBA_CACHE_DIR.$$" "$NUMBA_CACHE_DIR" ||
        echo "cbm: no room for compiled kernels in $NUMBA_CACHE_DIR; the first extraction compiles" >&2
fi
exec "$@"
