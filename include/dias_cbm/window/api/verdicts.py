"""A parcel's verdict, typical curves, markers and schemes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from dias_cbm.db.connection import Connection
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season
from dias_cbm.window import tables
from dias_cbm.window.api import parcel_examples as examples
from dias_cbm.window.api.parcel_address import PARCEL, Cards
from dias_cbm.window.context import Context
from dias_cbm.window.data import parcel, parcel_markers, parcel_verdict
from dias_cbm.window.rights import Right


def router(context: Context) -> APIRouter:
    """The routes, for those who may read."""
    reader = Depends(context.right(Right.READ))
    routes = APIRouter(dependencies=[reader])

    @routes.get(PARCEL + "/verdict", responses=tables.example(examples.VERDICT))
    async def show_verdict(request: Request, season: str, pid: str) -> Response:
        """The newest verdict with its sentence and blame, and what earlier runs said."""
        read = partial(parcel_verdict.verdict, memory=context.memory)
        found = await context.of_season(season, _of_parcel, read, pid)
        return tables.answer(request, found)

    @routes.get(PARCEL + "/curves", responses=tables.example(examples.CURVES))
    async def show_curves(request: Request, season: str, pid: str, card: Cards = None) -> Response:
        """Typical curves of the declared and the predicted crop: 10, 50 and 90 %."""
        return tables.answer(request, await context.of_season(season, _curves, pid, card))

    @routes.get(PARCEL + "/markers", responses=tables.example(examples.MARKERS))
    async def list_markers(request: Request, season: str, pid: str) -> Response:
        """The newest answer of each marker, the reason in words, and its events."""
        rows = await context.of_season(season, _of_parcel, parcel_markers.markers, pid)
        return tables.table(
            request, rows, columns=parcel_markers.STATE_COLUMNS, name="markers-of-parcel"
        )

    @routes.get(PARCEL + "/schemes", responses=tables.example(examples.SCHEMES))
    async def show_schemes(request: Request, season: str, pid: str) -> Response:
        """The colour of each scheme in the newest run of rules, with its sentence."""
        found = await context.of_season(season, _of_parcel, parcel_markers.schemes, pid)
        return tables.answer(request, found)

    return routes


def _of_parcel(connection: Connection, season: Season, read: Callable[..., Any], pid: str) -> Any:
    return read(connection, season, parcel.place(connection, season, pid))


def _curves(
    connection: Connection, season: Season, pid: str, cards: list[Card] | None
) -> dict[str, Any]:
    return parcel_verdict.curves(connection, season, parcel.place(connection, season, pid), cards)
