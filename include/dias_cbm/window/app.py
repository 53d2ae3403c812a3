"""The application: routers, headers, gate and error pages put together."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from dias_cbm import __version__
from dias_cbm.window import failures, pages
from dias_cbm.window.api import (
    chips,
    decisions,
    images,
    jrc,
    keys,
    maps,
    metrics,
    ogc,
    openapi,
    parcels,
    passes,
    runs,
    seasons,
    work,
)
from dias_cbm.window.client_files import ClientFiles
from dias_cbm.window.context import Context
from dias_cbm.window.gate import Gate
from dias_cbm.window.headers import Guard
from dias_cbm.window.host import Host
from dias_cbm.window.map import backgrounds
from dias_cbm.window.methods import Methods
from dias_cbm.window.names import Names

#: The built client; empty until ``make client``.
STATIC = Path(__file__).with_name("static")
#: In this order; each has ``router(context)``. An address below a parcel comes before the parcel's
#: own, which may hold slashes.
ROUTERS = (
    chips, images, seasons, maps, decisions, work, passes, parcels, ogc, jrc, runs, keys, metrics,
    openapi, pages,
)  # fmt: skip
#: The line on Airflow's dashboard.
DASHBOARD = Path(__file__).with_name("dashboard.js")


def application(host: Host, *, prefix: str = "") -> FastAPI:
    """The window as an ASGI application.

    :param prefix: path under which a proxy shows it, for absolute addresses.
    """
    context = Context(host, Gate(host.connect), prefix)
    app = FastAPI(title="CbM", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.context = context
    failed = failures.install(app, context)
    # The last one added sees a request first.
    app.add_middleware(Methods, router=app.router, context=context)
    app.add_middleware(Names)
    app.add_middleware(Guard, failed=failed, origins=backgrounds.origins)
    if STATIC.is_dir():
        app.mount("/static", ClientFiles(directory=STATIC), name="static")
    # Not a mount: that would send the browser on to "dashboard.js/", below which no API is.
    line = Route("/dashboard.js", _File(DASHBOARD), methods=["GET"], name="dashboard")
    app.router.routes.append(line)
    for module in ROUTERS:
        app.include_router(module.router(context))
    return app


class _File:
    """ASGI application of one file that holds no data."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = FileResponse(self._path, headers={"Cache-Control": "private, no-cache"})
        await reply(scope, receive, send)
