"""Retry a task whose platform does not answer, as long as it has retries left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def wait_for_platforms(context: Mapping[str, Any], outcomes: Iterable[str]) -> None:
    """Fail the task if a platform did not answer or the database is full; not on its last try.

    After the last try the work waits in the ledger: later tasks continue with what other platforms
    delivered, and `cbm_gaps` retries the rest.

    :param context: of the running task.
    :param outcomes: of the pieces of work.
    :raises AirflowException: a piece is ``paused``, and there are retries left.
    """
    from airflow.sdk.exceptions import AirflowException

    if "paused" not in outcomes:
        return
    instance = context["ti"]
    if instance.try_number <= instance.max_tries:
        raise AirflowException(
            "a platform does not answer, or the database has no room; tried again"
        )
