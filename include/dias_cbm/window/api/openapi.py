"""The description of the API, for programs: OpenAPI, behind the login."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request

from dias_cbm.window.addresses import base
from dias_cbm.window.context import Context
from dias_cbm.window.rights import Right


def router(context: Context) -> APIRouter:
    """The route of the description."""
    routes = APIRouter(dependencies=[Depends(context.right(Right.READ))], include_in_schema=False)

    @routes.get("/api/v1/openapi.json")
    async def openapi(request: Request) -> dict[str, Any]:
        described: dict[str, Any] = request.app.openapi()
        return {**described, "servers": [{"url": base(request, context).rstrip("/")}]}

    return routes
