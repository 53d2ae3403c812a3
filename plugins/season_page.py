"""The page behind ``/cbm``: every season's state, its gaps and their causes."""

from __future__ import annotations

import dataclasses
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
from airflow.api_fastapi.core_api.security import requires_access_view
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import HTMLResponse

from dias_cbm import seasons
from dias_cbm.completeness import gaps
from dias_cbm.db.connection import connect
from dias_cbm.notices import digest

if TYPE_CHECKING:
    from dias_cbm.db.connection import Connection
    from dias_cbm.seasons import Season

# The page runs no script and loads nothing; only Airflow's own pages may frame it.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    )
}
_LIST = """<!doctype html><title>Seasons</title>
<body style="font-family:Arial,Helvetica,sans-serif;color:#1c2420;margin:24px">
<h1 style="font-size:20px">Seasons</h1>{rows}</body>"""


@cache
def page() -> FastAPI:
    """The application, made once; every route needs a login that may see plugins' pages."""
    app = FastAPI(
        title="CbM seasons",
        dependencies=[Depends(requires_access_view(AccessView.PLUGINS))],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.get("/", response_class=HTMLResponse)(list_seasons)
    app.get("/seasons/{name}", response_class=HTMLResponse)(season_page)
    app.get("/seasons/{name}/gaps.json")(season_gaps)
    return app


def list_seasons() -> HTMLResponse:
    """All seasons, with a link to each."""
    with connect(application="airflow page") as connection:
        found = seasons.all_seasons(connection)
    rows = "".join(_row(season) for season in found) or "<p>No season yet: load parcels first.</p>"
    return HTMLResponse(_LIST.format(rows=rows), headers=_HEADERS)


def season_page(name: str) -> HTMLResponse:
    """What the digest mail of a season would say now."""
    with connect(application="airflow page") as connection:
        composed = digest.compose(connection, _season(connection, name))
    return HTMLResponse(composed.html, headers=_HEADERS)


def season_gaps(name: str, everything: bool = False) -> list[dict[str, Any]]:
    """Gaps of a season; the open ones unless ``everything`` is asked for."""
    with connect(application="airflow page") as connection:
        found = gaps.rows(connection, _season(connection, name), only_open=not everything)
    return [dataclasses.asdict(gap) for gap in found]


def _season(connection: Connection, name: str) -> Season:
    for season in seasons.all_seasons(connection):
        if season.name == name:
            return season
    raise HTTPException(404, f"no season {name!r}")


def _row(season: Season) -> str:
    name, address = escape(season.name), quote(season.name, safe="")
    return (
        f'<p><a style="color:#1d5b3a" href="seasons/{address}">{name}</a>'
        f" &nbsp; {season.starts} to {season.ends}"
        f' &nbsp; <a style="color:#1d5b3a" href="seasons/{address}/gaps.json">gaps as JSON</a></p>'
    )
