"""``/api/v1/seasons/{season}/runs``: starts the DAGs that process a season."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict

from dias_cbm import seasons
from dias_cbm.scenes import Card
from dias_cbm.window import tables
from dias_cbm.window.context import Context
from dias_cbm.window.rights import Right, User


class What(StrEnum):
    """The work that can be started."""

    ASK_AGAIN = "ask_again"
    RUN_DAY = "run_day"
    FIND_OUTLIERS = "find_outliers"
    RUN_MARKERS = "run_markers"


class Wish(BaseModel):
    """A run to start.

    ``ask_again`` asks the platforms about every open gap, of all seasons. ``run_day`` repeats one
    card's day of observation: it takes up what is new, reprocessed or failed.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"what": "ask_again"},
                {"what": "run_day", "card": "bs", "day": "2018-05-11"},
            ]
        },
    )

    what: What
    card: Card | None = None
    day: date | None = None


_STARTED = {
    "dag": "cbm_bs",
    "run": "manual__2018-08-15T06:12:00+00:00",
    "path": "dags/cbm_bs/runs/manual__2018-08-15T06%3A12%3A00%2B00%3A00",
}


def router(context: Context) -> APIRouter:
    """The route for operators."""
    operator = Depends(context.right(Right.OPERATE))
    routes = APIRouter(tags=["runs"], dependencies=[operator])

    @routes.post(
        "/api/v1/seasons/{season}/runs",
        status_code=202,
        responses={202: tables.example(_STARTED)[200]},
    )
    async def start_run(season: str, wish: Wish, user: User = operator) -> dict[str, Any]:
        """Start a DAG; ``path`` is the page of its run in Airflow, below Airflow's address."""
        found = await context.run(seasons.get, season)
        if wish.what is What.RUN_DAY:
            if wish.card is None or wish.day is None:
                raise HTTPException(422, "run_day needs a card and a day")
            if not found.starts <= wish.day <= found.ends:
                raise HTTPException(422, f"the season lasts from {found.starts} to {found.ends}")
        elif wish.card is not None or wish.day is not None:
            raise HTTPException(422, "only run_day has a card and a day")
        dag, conf = plan(wish, season)
        run = await context.host.start_dag(dag, conf, user)
        return {"dag": dag, "run": run, "path": f"dags/{dag}/runs/{quote(run, safe='')}"}

    return routes


def plan(wish: Wish, season: str) -> tuple[str, dict[str, Any]]:
    """The DAG of a wish, and its Params."""
    if wish.what is What.ASK_AGAIN:
        return "cbm_gaps", {"everything": True}
    if wish.what is What.RUN_DAY:
        return f"cbm_{wish.card}", {"day": str(wish.day)}
    dag = "cbm_outliers" if wish.what is What.FIND_OUTLIERS else "cbm_markers"
    return dag, {"season": season, "force": True}
