"""Retry a task whose platform does not answer, as long as it has tries left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def wait_for_platforms(context: Mapping[str, Any], outcomes: Iterable[str]) -> None:
    """Fail a try that found a platform silent, except the last one: its work waits in the ledger.

    The tasks that follow then go on with what other platforms gave, and `cbm_gaps` takes up the
    rest.

    :param context: of the running task.
    :param outcomes: of the pieces of work.
    :raises AirflowException: a piece is ``paused``, and there are tries left.
    """
    from airflow.sdk.exceptions import AirflowException

    if "paused" not in outcomes:
        return
    instance = context["ti"]
    if instance.try_number <= instance.max_tries:
        raise AirflowException("the store of a platform does not answer; tried again")
