"""``/api/v1/metrics``: the seasons in numbers, for Prometheus with an API key."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from dias_cbm.db.connection import Connection
from dias_cbm.window import tables
from dias_cbm.window.context import Context
from dias_cbm.window.data import metrics
from dias_cbm.window.data.memory import Memory
from dias_cbm.window.rights import Right, User, may


def router(context: Context) -> APIRouter:
    """The route, for those who may read: each sees the seasons that are theirs."""
    reader = Depends(context.right(Right.READ))
    routes = APIRouter(prefix="/api/v1/metrics", tags=["metrics"])

    @routes.get("", response_class=Response, responses=tables.files(metrics.MEDIA_TYPE))
    async def show_metrics(user: User = reader) -> Response:
        """Passes expected and in, gaps by cause, records and what waits, as Prometheus' text."""
        text = await context.run(_text, user, context.memory)
        headers = {"Cache-Control": "no-store"}
        return Response(text, media_type=metrics.MEDIA_TYPE, headers=headers)

    return routes


def _text(connection: Connection, user: User, memory: Memory) -> str:
    return metrics.of_seasons(connection, lambda name: may(user, Right.READ, name), memory)
