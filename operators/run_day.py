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
        ),
        "season": Param(
            None, type=["null", "string"], description="Look for and close this season alone."
        ),
        "acquisition": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            description="Id of any scene of the only pass to process.",
        ),
        "product": Param(
            None,
            type=["null", "integer"],
            minimum=1,
            description="Id of the only product to process, in all its versions.",
        ),
    }


def only_season(context: Context | Mapping[str, Any]) -> list[str] | None:
    """The only season that the run is about, as a list; None for all."""
    season = context["params"].get("season")
    return [str(season)] if season else None


def only_scene(context: Context | Mapping[str, Any]) -> tuple[int, bool] | None:
    """The scene whose pass is the only one to process; None for the whole day.

    :returns: its id, and whether it is its product alone.
    """
    for name, alone in (("product", True), ("acquisition", False)):
        if scene := context["params"].get(name):
            return int(scene), alone
    return None


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
