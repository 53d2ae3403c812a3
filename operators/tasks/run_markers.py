"""The tasks that run the markers over the parcels of each season."""

from __future__ import annotations

import dataclasses
import json
import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import task

from dias_cbm_airflow.operators import assets, names

log = logging.getLogger(__name__)


@task(execution_timeout=timedelta(minutes=15))
def seasons_to_mark(**context: Any) -> list[str]:
    """Names of the seasons whose markers to run now.

    Started by hand or with the Param ``force``: the season asked for, or all. Started by schedule
    or asset: seasons that have changed since their last run, if that is a day old.
    """
    from dias_cbm.markers.due import is_due
    from dias_cbm_airflow.operators.seasons_due import seasons_due as due_of

    return due_of("seasons_to_mark", context, is_due)


@task(
    pool=names.DATABASE_POOL,
    outlets=[assets.MARKERS],
    execution_timeout=timedelta(hours=6),
    map_index_template="{{ task.op_kwargs['season'] }}",
)
def run_markers(season: str, **context: Any) -> dict[str, Any]:
    """Answer for the parcels of a season whose inputs have changed.

    :raises AirflowSkipException: the season has no parcels yet.
    """
    from airflow.sdk.exceptions import AirflowSkipException

    from dias_cbm import seasons
    from dias_cbm.errors import NotEnoughData
    from dias_cbm.markers import run
    from dias_cbm_airflow.operators.connections import open_database

    with open_database("run_markers") as connection:
        try:
            report = run.run(connection, seasons.get(connection, season))
        except NotEnoughData as error:
            raise AirflowSkipException(str(error)) from error
    log.info("%s: %s", season, report)
    return json.loads(json.dumps(dataclasses.asdict(report)))
