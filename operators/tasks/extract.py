"""The task that turns products into per-parcel statistics."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import task

from dias_cbm_airflow.operators import names

log = logging.getLogger(__name__)


@task(
    pool=names.DATABASE_POOL,
    execution_timeout=timedelta(hours=4),
    map_index_template="{{ task.op_kwargs['units'] | map('join', '/') | join(', ') }}",
)
def extract(units: list[list[int | str]], **context: Any) -> list[dict[str, Any]]:
    """Extract each unit, a scene over one tile of one season.

    A product that fails on the way is written into the ledger and does not fail the task; one whose
    platform does not answer is waited for as long as the task has tries.

    :param units: ``[season, obsid, tile]`` each; usually one.
    """
    from dias_cbm.db.connection import connect
    from dias_cbm.extraction.unit import extract as extract_unit
    from dias_cbm.ledger import Unit
    from dias_cbm.storage import credentials_from
    from dias_cbm_airflow.operators.connections import database_url, store_credentials
    from dias_cbm_airflow.operators.outage_retry import wait_for_platforms

    instance = context["ti"]
    # The same name at every try: a try takes over what the one before it left claimed.
    worker = f"{instance.dag_id}/{instance.run_id}/{instance.task_id}/{instance.map_index}"
    reports = []
    with (
        credentials_from(store_credentials),
        connect(database_url(), application="airflow extract") as connection,
    ):
        for season, obsid, tile in units:
            unit = Unit(int(season), int(obsid), str(tile))
            report = extract_unit(connection, unit, worker)
            log.info("%s: %s", unit, report)
            reports.append({"scene": obsid, "tile": tile, "outcome": str(report.outcome)})
    wait_for_platforms(context, [str(one["outcome"]) for one in reports])
    return reports
