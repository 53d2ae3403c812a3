"""Answers for each parcel: what happened or holds on it, how surely, or why that is not known.

## What it does

Runs the markers over the parcels whose signatures, gaps, settings or markers have changed since
their last run, and stores one answer for every parcel and marker: seen, not seen and how surely a
gap hid nothing, or not answered and why. A season is due when something has changed and its last
run is a day old; if no season is due, the run ends at once.

## Upstream

Asset `cbm://means`, changed by `cbm_bs`, `cbm_c6`, `cbm_c12`, `cbm_s2` and `cbm_gaps`; and the
clock, once a day, for what came in within a day of the last run, and for the end of a season.

## Downstream

Tables `marker_run`, `marker_input` and those of answers; views `latest_marker_states` and
`latest_marker_events`. `cbm markers export` writes CSV, Parquet and GeoPackage. Asset
`cbm://markers`, on which `cbm_rules` judges the schemes.

## Params

- `season`: name of the only season to run; empty for all.
- `force`: look for changes even if nothing is due. A run started by hand always does.

## When it fails

The answers of the last run stay valid; nothing is left half done. A marker that fails is named in
the message. Correct it or remove its package, then clear the task.
"""

from __future__ import annotations

from airflow.sdk import AssetOrTimeSchedule, Param, dag

from dias_cbm_airflow.operators import assets, defaults
from dias_cbm_airflow.operators.names import Tag, tags
from dias_cbm_airflow.operators.tasks.run_markers import run_markers, seasons_to_mark


@dag(
    dag_id="cbm_markers",
    description="What happened or holds on each parcel, and how surely",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(timetable=defaults.every_day(4), assets=[assets.MEANS]),
    params={
        "season": Param(None, type=["null", "string"], description="Only this season, by name."),
        "force": Param(False, type="boolean", description="Look even if nothing is due."),
    },
    max_active_runs=1,
    tags=tags(Tag.MARKERS),
    **defaults.DAG,
)
def cbm_markers() -> None:
    """Wire the tasks."""
    run_markers.expand(season=seasons_to_mark())


cbm_markers()
