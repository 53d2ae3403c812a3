"""The task that asks the platforms again for what is missing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import task

from dias_cbm_airflow.operators import names


@task(pool=names.CATALOGUE_POOL, execution_timeout=timedelta(hours=2))
def recheck_gaps(**context: Any) -> list[list[int]]:
    """Refresh the gaps of every season, and ask the platforms again for those that are due.

    A platform that does not answer is left out and named in the digest. The task is retried for it;
    after the last try the run continues without it.

    :returns: ids, in batches, of scenes to work on: of passes that were missing, and those that
        were published or reprocessed after their day was closed.
    """
    from dias_cbm import ledger
    from dias_cbm.config.settings import settings
    from dias_cbm.pipeline.recheck import recheck
    from dias_cbm_airflow.operators import connections
    from dias_cbm_airflow.operators.batches import batches
    from dias_cbm_airflow.operators.outage_retry import wait_for_platforms

    with connections.services(), connections.open_database("recheck_gaps") as database:
        params = context["params"]
        found = recheck(
            database,
            everything=params["everything"],
            season=params["season"],
            acquisition=params["acquisition"],
        )
        seconds = ledger.seconds_of_products(database, found.scenes)
    wait_for_platforms(context, ["paused" for _ in found.unanswered])
    return batches(found.scenes, seconds, settings().airflow.task_seconds)
