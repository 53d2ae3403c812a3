"""The pages' addresses; each can be mailed."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from dias_cbm import __version__
from dias_cbm.window import shell
from dias_cbm.window.context import Context
from dias_cbm.window.rights import Right, User

#: Address -> name of the page; ``name`` is that of :mod:`~dias_cbm.window.names`.
PAGES = {
    "/": "seasons",
    "/seasons/{season}": "season",
    "/seasons/{season}/map": "map",
    "/seasons/{season}/work": "work",
    "/seasons/{season}/parcels/{pid:name}": "parcel",
    "/seasons/{season}/passes/{acquisition}": "pass",
    "/seasons/{season}/products/{product:name}": "product",
    "/help": "help",
    "/keys": "keys",
}


def router(context: Context) -> APIRouter:
    """The routes of the pages, for those who may read."""
    routes = APIRouter(include_in_schema=False)
    reader = Depends(context.right(Right.READ))
    for address, name in PAGES.items():
        routes.get(address, name=name, response_class=HTMLResponse)(_route(context, name, reader))
    return routes


def _route(context: Context, name: str, reader: Any) -> Any:
    async def show(request: Request, user: User = reader) -> HTMLResponse:
        config = {
            **request.path_params,
            "user": user.name,
            "rights": sorted(user.rights),
            "can_operate": context.host.can_operate,
            "version": __version__,
        }
        title = " - ".join([*(str(one) for one in request.path_params.values()), "CbM"])
        return shell.page(request, context, name, title, config)

    return show
