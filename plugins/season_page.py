"""The page behind ``/cbm``: every season's state, its gaps and their causes."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import requires_access_view
from fastapi import Depends, FastAPI, Request, Response, status
from fastapi.responses import HTMLResponse, JSONResponse

from dias_cbm import seasons
from dias_cbm.completeness import gaps
from dias_cbm.errors import CbmError, DatabaseError, ParcelUnknown, SeasonError, SettingsError
from dias_cbm.notices import digest
from dias_cbm_airflow.plugins.page_gate import Gate, open_database

if TYPE_CHECKING:
    from dias_cbm.completeness.gaps import Gap
    from dias_cbm.notices.digest import Digest
    from dias_cbm.seasons import Season

# The page runs no scripts and loads nothing; only Airflow's own pages may frame it.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_GATE = Gate()
_RETRY_S = "60"
#: Error -> HTTP status of the reply; the most specific class of an error counts.
_CODES: Mapping[type[Exception], int] = {
    SeasonError: status.HTTP_404_NOT_FOUND,
    ParcelUnknown: status.HTTP_404_NOT_FOUND,
    SettingsError: status.HTTP_503_SERVICE_UNAVAILABLE,
    DatabaseError: status.HTTP_503_SERVICE_UNAVAILABLE,
    psycopg.OperationalError: status.HTTP_503_SERVICE_UNAVAILABLE,
    psycopg.errors.UndefinedTable: status.HTTP_503_SERVICE_UNAVAILABLE,
    psycopg.errors.UndefinedColumn: status.HTTP_503_SERVICE_UNAVAILABLE,
    CbmError: status.HTTP_500_INTERNAL_SERVER_ERROR,
}
_LIST = """<!doctype html><title>Seasons</title>
<body style="font-family:Arial,Helvetica,sans-serif;color:#1c2420;margin:24px">
<h1 style="font-size:20px">Seasons</h1>{rows}</body>"""


@cache
def page() -> FastAPI:
    """The application, created once; every route needs a login that may see plugins' pages."""
    app = FastAPI(
        title="CbM seasons",
        dependencies=[Depends(requires_access_view(AccessView.PLUGINS))],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    for error in _CODES:
        app.exception_handler(error)(explain)
    app.middleware("http")(_with_headers)
    app.get("/", response_class=HTMLResponse)(list_seasons)
    app.get("/seasons/{name}", response_class=HTMLResponse)(season_page)
    app.get("/seasons/{name}/gaps.json")(season_gaps)
    return app


def explain(request: Request, error: Exception) -> JSONResponse:
    """The reply to a request that failed: a fitting status, and the error in one line."""
    code = next(_CODES[cls] for cls in type(error).__mro__ if cls in _CODES)
    unavailable = code == status.HTTP_503_SERVICE_UNAVAILABLE
    wait = {"Retry-After": _RETRY_S} if unavailable else {}
    return JSONResponse({"detail": str(error).partition("\n")[0]}, code, wait)


async def list_seasons() -> HTMLResponse:
    """All seasons, with a link to each."""
    found = await _GATE.run(_all_seasons)
    rows = "".join(_row(season) for season in found) or "<p>No season yet: load parcels first.</p>"
    return HTMLResponse(_LIST.format(rows=rows))


async def season_page(name: str) -> HTMLResponse:
    """What the digest mail of a season would say now."""
    return HTMLResponse((await _GATE.run(_digest, name)).html)


async def season_gaps(name: str, everything: bool = False) -> list[dict[str, Any]]:
    """Gaps of a season; only the open ones, unless ``everything`` is set."""
    found = await _GATE.run(_gaps, name, only_open=not everything)
    return [dataclasses.asdict(gap) for gap in found]


async def _with_headers(
    request: Request, answer: Callable[[Request], Awaitable[Response]]
) -> Response:
    reply = await answer(request)
    reply.headers.update(_HEADERS)
    return reply


def _all_seasons() -> list[Season]:
    with open_database() as connection:
        return seasons.all_seasons(connection)


def _digest(name: str) -> Digest:
    with open_database() as connection:
        return digest.compose(connection, seasons.get(connection, name))


def _gaps(name: str, *, only_open: bool) -> list[Gap]:
    with open_database() as connection:
        return gaps.rows(connection, seasons.get(connection, name), only_open=only_open)


def _row(season: Season) -> str:
    name, address = escape(season.name), quote(season.name, safe="")
    return (
        f'<p><a style="color:#1d5b3a" href="seasons/{address}">{name}</a>'
        f" &nbsp; {season.starts} to {season.ends}"
        f' &nbsp; <a style="color:#1d5b3a" href="seasons/{address}/gaps.json">gaps as JSON</a></p>'
    )
