"""The task that averages the windows which new signatures have touched."""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import TriggerRule, task

from dias_cbm_airflow.operators import names

if TYPE_CHECKING:
    from dias_cbm.db.connection import Connection

log = logging.getLogger(__name__)


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

    from dias_cbm import averages
    from dias_cbm.db.connection import connect
    from dias_cbm_airflow.operators.connections import database_url

    obsids = sorted(scene_id for batch in scenes or () for scene_id in batch)
    if not obsids:
        raise AirflowSkipException("no scenes, no windows")
    means: dict[str, int] = defaultdict(int)
    with connect(database_url(), application="airflow five_day_means") as connection:
        for (season, card), members in sorted(_by_season(connection, obsids).items()):
            report = averages.update(connection, season, card, obsids=members)
            log.info("season %d, %s: %s", season, card, report)
            means[card] += report.means
    for asset in context["outlets"]:
        context["outlet_events"][asset].extra = {"scenes": obsids}
    return dict(means)


def _by_season(connection: Connection, obsids: list[int]) -> dict[tuple[int, str], list[int]]:
    from dias_cbm import ledger, seasons

    groups: dict[tuple[int, str], list[int]] = defaultdict(list)
    for obsid in obsids:
        scene = ledger.get(connection, obsid)
        for season in seasons.on_day(connection, scene.obstime.astimezone(UTC).date()):
            groups[season.id, str(scene.card)].append(obsid)
    return groups
