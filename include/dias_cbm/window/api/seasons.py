"""``/api/v1/seasons``: the seasons, and how far each is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends

from dias_cbm import seasons
from dias_cbm.window.context import Context
from dias_cbm.window.rights import Right, User, may


def router(context: Context) -> APIRouter:
    """The routes, for those who may read."""
    reader = Depends(context.right(Right.READ))
    routes = APIRouter(prefix="/api/v1/seasons", tags=["seasons"], dependencies=[reader])

    @routes.get("")
    async def list_seasons(user: User = reader) -> dict[str, Any]:
        """The seasons that the user may see."""
        found = await context.run(seasons.all_seasons)
        rows = [
            {"name": one.name, "starts": one.starts, "ends": one.ends}
            for one in found
            if may(user, Right.READ, one.name)
        ]
        return {"rows": rows, "next": None}

    return routes
