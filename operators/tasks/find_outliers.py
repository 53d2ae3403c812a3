"""The tasks that find the parcels whose signal does not confirm their declaration."""

from __future__ import annotations

import dataclasses
import json
import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import task

from dias_cbm_airflow.operators import names

log = logging.getLogger(__name__)


@task(execution_timeout=timedelta(minutes=15))
def seasons_due(**context: Any) -> list[str]:
    """Names of the seasons to judge now.

    Started by hand or with the Param ``force``: the season asked for, or all. Started by schedule
    or asset: seasons whose last list is a day old and older than their newest signatures.
    """
    from dias_cbm.outliers.due import is_due
    from dias_cbm_airflow.operators.seasons_due import seasons_due as due_of

    return due_of("seasons_due", context, is_due)


@task(
    pool=names.DATABASE_POOL,
    execution_timeout=timedelta(hours=6),
    map_index_template="{{ task.op_kwargs['season'] }}",
)
def find_outliers(season: str, **context: Any) -> dict[str, Any]:
    """Judge the parcels of a season and store the list.

    :raises AirflowSkipException: there are too few observations to learn from yet.
    """
    from airflow.sdk.exceptions import AirflowSkipException

    from dias_cbm.errors import NotEnoughData
    from dias_cbm.outliers import run
    from dias_cbm_airflow.operators.connections import open_database

    try:
        report = run.run(lambda: open_database("find_outliers"), season)
    except NotEnoughData as error:
        raise AirflowSkipException(str(error)) from error
    log.info("%s: %s", season, report)
    return json.loads(json.dumps(dataclasses.asdict(report)))
