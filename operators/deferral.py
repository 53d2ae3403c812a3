"""Defer a task while orders are pending, and read the event that wakes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator


def sleep_over_orders(
    task: BaseOperator,
    scenes: list[int],
    conn_id: str,
    interval: float,
    longest_interval: float,
) -> Any:
    """Defer a task until there is something to do for an ordered scene, or the deadline has passed.

    :param conn_id: connection of the database.
    :param interval: seconds before the first look; each next wait is twice as long.
    :param longest_interval: longest wait, seconds.
    :raises TaskDeferred: always; the task continues in its ``execute_complete``.
    """
    from dias_cbm.pipeline import orders
    from dias_cbm_airflow.operators.triggers.orders import OrdersTrigger

    until = orders.deadline()
    trigger = OrdersTrigger(
        scenes=scenes,
        deadline=until.isoformat(),
        conn_id=conn_id,
        interval=interval,
        longest_interval=longest_interval,
    )
    # The trigger itself ends at the deadline; this is for one that hangs.
    patience = until - datetime.now(UTC) + timedelta(seconds=2 * longest_interval)
    return task.defer(trigger=trigger, method_name="execute_complete", timeout=patience)


def is_late(event: dict[str, Any] | None) -> bool:
    """Whether the event of a :class:`PatientTrigger` says that its deadline has passed.

    :raises AirflowException: there is no event, or the trigger ended with an error.
    """
    from airflow.sdk.exceptions import AirflowException

    if not event or event.get("status") not in ("complete", "late"):
        message = (event or {}).get("message", "no event")
        raise AirflowException(f"the trigger failed: {message}")
    return bool(event["status"] == "late")
