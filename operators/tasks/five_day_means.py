"""The task that averages the five-day windows that have new signatures."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import TriggerRule, task

from dias_cbm_airflow.operators import names


# If a killed try had extracted all scenes, there is nothing left to extract; their windows still
# have to be averaged.
@task(
    pool=names.DATABASE_POOL,
    execution_timeout=timedelta(hours=2),
    trigger_rule=TriggerRule.NONE_FAILED,
)
def five_day_means(scenes: list[list[int]] | None, **context: Any) -> dict[str, int]:
    """Recompute the windows of the scenes in every season, and update the assets.

    :param scenes: ids in batches; None if the sensor was skipped.
    :returns: means written, by card.
    :raises AirflowSkipException: there are no scenes.
    """
    from airflow.sdk.exceptions import AirflowSkipException

    from dias_cbm.pipeline import day
    from dias_cbm_airflow.operators.connections import open_database

    obsids = sorted(scene_id for batch in scenes or () for scene_id in batch)
    if not obsids:
        raise AirflowSkipException("no scenes, no windows")
    with open_database("five_day_means") as database:
        means = day.average(database, obsids)
    for asset in context["outlets"]:
        context["outlet_events"][asset].extra = {"scenes": obsids}
    return means
