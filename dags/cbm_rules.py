"""The colour of every parcel under every scheme of the rule file, and why.

## What it does

Judges the parcels of each season by the rule file that the setting `rules.file` names: green, red,
yellow, open or none, with a sentence. A season is due when the file or the answers of its markers
have changed since its last run. Without the setting, nothing is judged.

## Upstream

Asset `cbm://markers`, changed by `cbm_markers`; and the clock, once a day, for a changed rule file.

## Downstream

Tables `scheme_run` and `verdict_block`, view `verdict`. Older runs are kept. `cbm rules explain`
tells a parcel's colours, and why.

## Params

- `season`: name of the only season to judge; empty for all.
- `force`: look for changes even if nothing is due. A run started by hand always does.

## When it fails

The verdicts of the last run stay valid; nothing is left half done. A rule file with faults fails
the task at once; its message has a sentence for each. Correct the file (`cbm rules check FILE`),
then clear the task.
"""

from __future__ import annotations

from airflow.sdk import AssetOrTimeSchedule, Param, dag

from dias_cbm_airflow.operators import assets, defaults
from dias_cbm_airflow.operators.names import Tag, tags
from dias_cbm_airflow.operators.tasks.run_rules import run_rules, seasons_to_judge


@dag(
    dag_id="cbm_rules",
    description="The colour of each parcel under each scheme, and why",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(timetable=defaults.every_day(5), assets=[assets.MARKERS]),
    params={
        "season": Param(None, type=["null", "string"], description="Only this season, by name."),
        "force": Param(False, type="boolean", description="Look even if nothing is due."),
    },
    max_active_runs=1,
    tags=tags(Tag.RULES),
    **defaults.DAG,
)
def cbm_rules() -> None:
    """Wire the tasks."""
    run_rules.expand(season=seasons_to_judge())


cbm_rules()
