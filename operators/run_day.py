"""The day of observation that a run handles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param

if TYPE_CHECKING:
    from airflow.sdk import Context


def params() -> dict[str, Any]:
    """The Params of a DAG that processes one day of observation per run."""
    return {
        "day": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Day of observation",
            description="Instead of the day of the run's logical date (UTC).",
        )
    }


def observation_day(context: Context | Mapping[str, Any]) -> date:
    """The UTC day whose acquisitions the run processes: its Param ``day``, or its logical date.

    :raises AirflowFailException: the run has neither.
    """
    from airflow.sdk.exceptions import AirflowFailException

    wanted = context["params"].get("day")
    if wanted:
        return date.fromisoformat(wanted)
    moment = context.get("logical_date")
    if moment is None:
        raise AirflowFailException("this run has no logical date: set the Param day")
    return moment.astimezone(UTC).date()
