"""The parcels whose signal does not confirm their declared crop.

## What it does

Learns the crops of a season from its five-day means, scores every parcel with a model that was not
trained on it, and stores a list, most suspicious declarations first: confirmed, inconclusive,
outlier. A season is due when it has signatures newer than its last list and that list is a day old;
if no season is due, the run ends at once. With too few observations to learn from, or scores no
better than chance, the task is skipped and its log says why.

## Upstream

Asset `cbm://means`, changed by `cbm_bs`, `cbm_c6`, `cbm_c12`, `cbm_s2` and `cbm_gaps`; and the
clock, once a day, for signatures that came in within a day of the last list.

## Downstream

Tables `outlier_run` and `outlier`, view `latest_outliers`; `cbm outliers export` writes CSV and
GeoPackage.

## Params

- `season`: name of the only season to judge; empty for all.
- `force`: judge even if nothing is due. A run started by hand always does.

## When it fails

The list of the last run stays valid; nothing is left half done. If the task ran out of memory, give
the worker more, or judge one season at a time. Then clear the task.
"""

from __future__ import annotations

from airflow.sdk import AssetOrTimeSchedule, Param, dag

from dias_cbm_airflow.operators import assets, defaults
from dias_cbm_airflow.operators.names import Tag, tags
from dias_cbm_airflow.operators.tasks.find_outliers import find_outliers, seasons_due


@dag(
    dag_id="cbm_outliers",
    description="Parcels whose signal does not confirm their declaration",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(timetable=defaults.every_day(5), assets=[assets.MEANS]),
    params={
        "season": Param(None, type=["null", "string"], description="Only this season, by name."),
        "force": Param(False, type="boolean", description="Judge even if nothing is due."),
    },
    max_active_runs=1,
    tags=tags(Tag.OUTLIERS),
    **defaults.DAG,
)
def cbm_outliers() -> None:
    """Wire the tasks."""
    find_outliers.expand(season=seasons_due())


cbm_outliers()
