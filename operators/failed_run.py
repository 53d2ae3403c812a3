"""A run that has failed: its tasks of which nobody was told are mailed.

Airflow calls a task's own ``on_failure_callback`` in the process of its try, and in the
dag-processor if the try was lost or did not begin. If the process of the last try is killed,
Airflow's supervisor reports the failure, and calls nobody. The run then fails, and of that
Airflow's scheduler always tells.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    from airflow.sdk import Context

    from dias_cbm.db.connection import Connection
    from dias_cbm.notices.alerts import Alert
    from dias_cbm.notices.failed_run import FailedRun

log = logging.getLogger(__name__)


def tell_of_failed_run(context: Context) -> None:
    """Mail which tasks of a failed run nobody was told of; a DAG's ``on_failure_callback``."""
    from dias_cbm.notices import failed_run
    from dias_cbm_airflow.operators.failure_mail import record_and_send

    # A run fails without a failed task if its tasks wait for each other.
    if (instance := context.get("ti")) is None or not (tasks := _failed(instance)):
        return
    failed = _failed_run(context)

    def compose(connection: Connection | None) -> Alert | None:
        # Without the database it is not known who was told: rather twice than never.
        untold = failed_run.untold(connection, failed, tasks) if connection else tasks
        return failed_run.compose(failed, untold) if untold else None

    record_and_send(compose)


def _failed(instance: Any) -> list[str]:
    """The failed tasks of the run, each with its number: ``extract/3``; -1 if it is not mapped."""
    own = f"{instance.task_id}/{instance.map_index}"
    try:
        runs = instance.get_task_states(dag_id=instance.dag_id, run_ids=[instance.run_id])
    except Exception as error:
        log.warning("Airflow did not say which tasks of the run have failed: %s", error)
        return [own]
    states = runs.get(instance.run_id, {})
    tasks = set(instance.task.dag.task_ids)
    return sorted(_numbered(name, tasks) for name, state in states.items() if state == "failed")


def _numbered(name: str, tasks: Collection[str]) -> str:
    """The name that Airflow gives to a state, ``extract_3`` if the task is mapped, as a key."""
    if name in tasks:
        return f"{name}/-1"
    task, _, index = name.rpartition("_")
    return f"{task}/{index}"


def _failed_run(context: Context) -> FailedRun:
    from dias_cbm.notices.failed_run import FailedRun

    instance: Any = context["ti"]
    return FailedRun(
        dag=instance.dag_id,
        run=instance.run_id,
        last=f"{instance.task_id}/{instance.map_index}/{instance.try_number}",
        began=getattr(context.get("dag_run"), "start_date", None) or datetime.now(UTC),
        link=str(getattr(instance, "log_url", None) or ""),
    )
