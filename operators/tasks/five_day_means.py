"""The task that averages the windows which new signatures have touched."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import TriggerRule, task

from dias_cbm_airflow.operators import names


# Scenes that were extracted before, by a try that was killed, leave nothing to extract; their
# windows are averaged all the same.
@task(
    pool=names.DATABASE_POOL,
    execution_timeout=timedelta(hours=2),
    trigger_rule=TriggerRule.NONE_FAILED,
)
def five_day_means(scenes: list[list[int]] | None, **context: Any) -> dict[str, int]:
    """Compute the windows of the scenes anew, in every season, and tell the assets about it.

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
