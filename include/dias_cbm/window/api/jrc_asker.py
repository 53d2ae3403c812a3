"""Who asks JRC's query API about which season, and answers in its form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from fastapi import Response

from dias_cbm.window import tables
from dias_cbm.window.context import Context
from dias_cbm.window.jrc.columns import Columns, refused
from dias_cbm.window.rights import User


class Asker:
    """Who asks about which season: ``aoi`` and ``year`` are one, ``ptype`` another set of it."""

    def __init__(self, context: Context, user: User, name: str) -> None:
        self._context, self.user, self.season = context, user, name

    async def run(self, work: Callable[..., Columns], *arguments: Any, **named: Any) -> Response:
        """Answer with the columns that a function of a season finds."""
        return answer(await self.find(work, *arguments, **named))

    async def find(self, work: Callable[..., Columns], *arguments: Any, **named: Any) -> Columns:
        """The columns that a function of a season finds."""
        return await self._context.of_season(self.season, work, *arguments, **named)


def answer(found: Columns) -> Response:
    """Columns as JSON."""
    return Response(tables.as_json(found), media_type="application/json")


def days_of(first: date, last: date) -> tuple[date, date]:
    """First and last day, included.

    :raises HTTPException: 400: they are the wrong way round.
    """
    if first > last:
        raise refused("end_date: before start_date")
    return first, last
