"""The task that turns products into per-parcel statistics."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import task

from dias_cbm_airflow.operators import names


@task(
    pool=names.DATABASE_POOL,
    execution_timeout=timedelta(hours=4),
    map_index_template=(
        "{% set units = task.op_kwargs['units'] %}{{ units[:6] | map('join', '/') | join(', ') }}"
        "{% if units | length > 6 %} and {{ units | length - 6 }} more{% endif %}"
    ),
)
def extract(units: list[list[int | str]], **context: Any) -> list[dict[str, Any]]:
    """Extract each unit: one scene over one tile of one season.

    A product that fails is recorded in the ledger and does not fail the task. If a product's
    platform does not answer, or the database has no room, the task is retried until its retries
    are used up; `cbm_gaps` retries what is left. A try does not repeat units that are done: each
    has a transaction of its own.

    :param units: ``[season, obsid, tile]`` each: one, or several that take
        ``airflow.task_seconds`` together.
    """
    from dias_cbm.ledger import Unit
    from dias_cbm.pipeline import day
    from dias_cbm_airflow.operators import connections
    from dias_cbm_airflow.operators.outage_retry import wait_for_platforms

    instance = context["ti"]
    # The same name in every try, so that a try takes over the units its predecessor had claimed.
    worker = f"{instance.dag_id}/{instance.run_id}/{instance.task_id}/{instance.map_index}"
    wanted = [Unit(int(season), int(obsid), str(tile)) for season, obsid, tile in units]
    with connections.services(), connections.open_database("extract") as database:
        reports = day.extract(database, wanted, worker)
    wait_for_platforms(context, [str(report.outcome) for _, report in reports])
    return [
        {"scene": unit.obsid, "tile": unit.tile, "outcome": str(report.outcome)}
        for unit, report in reports
    ]
