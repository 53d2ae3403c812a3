"""``/api/v1/seasons/{season}/runs``: starts the DAGs that process a season."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from dias_cbm import seasons
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season
from dias_cbm.window import tables
from dias_cbm.window.context import Context
from dias_cbm.window.data import passes
from dias_cbm.window.rights import Right, User

_Scene = Annotated[int | None, Field(ge=1, lt=2**31)]


class What(StrEnum):
    """The work that can be started."""

    ASK_AGAIN = "ask_again"
    RUN_DAY = "run_day"
    FIND_OUTLIERS = "find_outliers"
    RUN_MARKERS = "run_markers"


class Wish(BaseModel):
    """A run to start.

    ``ask_again`` asks the platforms about every open gap of the season; with an ``acquisition``,
    the id of any scene of a pass, about those of this pass. ``run_day`` repeats one card's day of
    observation in the season: it takes up what is new, reprocessed or failed; with an
    ``acquisition`` that pass alone, with a ``product`` that product alone.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"what": "ask_again"},
                {"what": "ask_again", "acquisition": 4711},
                {"what": "run_day", "card": "bs", "day": "2018-05-11", "product": 4711},
            ]
        },
    )

    what: What
    card: Card | None = None
    day: date | None = None
    acquisition: _Scene = None
    product: _Scene = None

    def problem(self, season: Season) -> str | None:
        """Why it cannot be; None if it can."""
        if self.what is What.RUN_DAY:
            if self.card is None or self.day is None:
                return "run_day needs a card and a day"
            if not season.starts <= self.day <= season.ends:
                return f"the season lasts from {season.starts} to {season.ends}"
            both = self.acquisition is not None and self.product is not None
            return "either an acquisition or a product" if both else None
        if self.card is not None or self.day is not None or self.product is not None:
            return "only run_day has a card, a day and a product"
        if self.acquisition is not None and self.what is not What.ASK_AGAIN:
            return f"{self.what} has no acquisition"
        return None


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
        if problem := wish.problem(found):
            raise HTTPException(422, problem)
        scene = wish.acquisition or wish.product
        if scene is not None:
            await context.of_season(season, passes.require, scene)
        dag, conf = plan(wish, season)
        run = await context.host.start_dag(dag, conf, user)
        return {"dag": dag, "run": run, "path": f"dags/{dag}/runs/{quote(run, safe='')}"}

    return routes


def plan(wish: Wish, season: str) -> tuple[str, dict[str, Any]]:
    """The DAG of a wish, and its Params."""
    only = {"acquisition": wish.acquisition, "product": wish.product}
    own = {"season": season, **{name: scene for name, scene in only.items() if scene is not None}}
    if wish.what is What.ASK_AGAIN:
        return "cbm_gaps", {"everything": True, **own}
    if wish.what is What.RUN_DAY:
        return f"cbm_{wish.card}", {"day": str(wish.day), **own}
    dag = "cbm_outliers" if wish.what is What.FIND_OUTLIERS else "cbm_markers"
    return dag, {"season": season, "force": True}
