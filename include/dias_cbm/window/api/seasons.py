"""``/api/v1/seasons``: the seasons, how far each is, its calendar and its gaps."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from dias_cbm.completeness import gaps as recorded
from dias_cbm.completeness.gaps import State
from dias_cbm.db.connection import Connection
from dias_cbm.scenes import Card, Cause
from dias_cbm.seasons import Season
from dias_cbm.window import replies, tables
from dias_cbm.window.api.season_examples import SUMMARY
from dias_cbm.window.context import Context
from dias_cbm.window.data import calendar, gaps, season
from dias_cbm.window.data.memory import Memory
from dias_cbm.window.listing import Limit, Listing
from dias_cbm.window.replies import Body
from dias_cbm.window.rights import Right, User, may
from dias_cbm.window.tables import Rows

_COLUMNS = (
    "name", "starts", "ends", "parcels", "gaps_open", "gaps_late", "last_day", "list_made_at",
    "line",
)  # fmt: skip
_LISTED = Listing(
    "gaps", gaps.COLUMNS, lambda row: (row["expected_at"], row["id"]), (datetime, int)
)
_SEASONS = {
    "rows": [
        {
            "name": "dk-2018",
            "starts": "2018-01-01",
            "ends": "2018-09-30",
            "parcels": 560000,
            "gaps_open": 3,
            "gaps_late": 1,
            "last_day": "2018-08-14",
            "list_made_at": "2018-08-15T06:12:00Z",
            "line": "dk-2018: 3 gaps open, 1 of them late, processed up to 2018-08-14",
        }
    ],
    "next": None,
}
_CALENDAR = {
    "rows": [
        {
            "card": "bs",
            "rel_orbit": 44,
            "direction": "A",
            "satellite": "S1A",
            "date": "2018-05-11",
            "expected_at": "2018-05-11T16:58:00Z",
            "state": "late",
            "acquisition": 4711,
            "tiles": [{"tile": "32VNH", "state": "late", "cause": "not_indexed", "gap": 12}],
            "counts": {"late": 1},
        }
    ],
    "next": None,
    "legend": [{"state": "late", "colour": "#f28e2b", "sign": "!"}],
}
_GAPS = {
    "rows": [
        {
            "id": 12,
            "card": "bs",
            "satellite": "S1A",
            "rel_orbit": 44,
            "direction": "A",
            "tile": "32VNH",
            "expected_at": "2018-05-11T16:58:00Z",
            "cause": "not_indexed",
            "state": "late",
            "parcels": 8123,
        }
    ],
    "next": "WyIyMDE4LTA1LTExVDE2OjU4OjAwWiIsMTJd",
}


def router(context: Context) -> APIRouter:
    """The routes, for those who may read."""
    reader = Depends(context.right(Right.READ))
    routes = APIRouter(tags=["seasons"], dependencies=[reader])

    @routes.get("/api/v1/seasons", responses=tables.example(_SEASONS))
    async def list_seasons(request: Request, user: User = reader) -> Response:
        """The seasons that the user may see, each with its state in one line."""
        found = await context.run(season.lines)
        rows = [row for row in found if may(user, Right.READ, row["name"])]
        return tables.table(request, rows, columns=_COLUMNS, name="seasons")

    @routes.get("/api/v1/seasons/{season}", responses=tables.example(SUMMARY))
    async def show_season(request: Request, season: str) -> Response:
        """Passes by card and month, gaps by cause, list, markers, verdicts, what runs now."""
        return tables.answer(request, await context.of_season(season, _summary, context.memory))

    @routes.get("/api/v1/seasons/{season}/calendar", responses=tables.example(_CALENDAR))
    async def show_calendar(
        request: Request,
        season: str,
        card: Annotated[list[Card] | None, Query()] = None,
    ) -> Response:
        """Each day and relative orbit with the state of its tiles; the worst of them in front."""
        body = await context.of_season(season, _calendar, card or list(Card), context.memory)
        return replies.reply_of(request, body, tables.FORMATS["json"])

    @routes.get("/api/v1/seasons/{season}/gaps", responses=tables.example(_GAPS))
    async def list_gaps(
        request: Request,
        season: str,
        everything: bool = False,
        card: Card | None = None,
        cause: Cause | None = None,
        state: State | None = None,
        after: str | None = None,
        limit: int | None = Limit,
    ) -> Response:
        """Gaps in order of time; only the open ones, unless ``everything`` is asked for."""
        wanted: dict[str, Any] = {
            "everything": everything,
            "card": card,
            "cause": cause,
            "state": state,
        }

        async def read(place: Any, number: int) -> Rows:
            return await context.of_season(season, gaps.page, **wanted, after=place, limit=number)

        return await _LISTED.answer(context, request, read, after, limit)

    @routes.get("/seasons/{season}/gaps.json", include_in_schema=False)
    async def all_gaps(request: Request, season: str, everything: bool = False) -> Response:
        """All gaps at once; the address of earlier versions."""
        return tables.answer(request, await context.of_season(season, _all_gaps, everything))

    return routes


def _summary(connection: Connection, judged: Season, memory: Memory) -> dict[str, Any]:
    return season.as_json(season.summary(connection, judged, memory))


def _calendar(connection: Connection, judged: Season, cards: list[Card], memory: Memory) -> Body:
    found = memory.passes(connection, judged)

    def write() -> bytes:
        rows = calendar.squares(found, cards)
        value = {"rows": rows, "next": None, "at": found.at, "legend": calendar.legend()}
        return tables.as_json(value)

    return memory.body(("calendar", judged, found.at, tuple(cards)), write)


def _all_gaps(connection: Connection, judged: Season, everything: bool) -> list[dict[str, Any]]:
    found = recorded.rows(connection, judged, only_open=not everything)
    return [dataclasses.asdict(gap) for gap in found]
