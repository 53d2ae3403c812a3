"""The page "Seasons" in Airflow: what is processed, what is missing and why, as HTML and as JSON.

The page is behind Airflow's login. It shows what the digest mail would say now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from fastapi import FastAPI


async def window(scope: Any, receive: Any, send: Any) -> None:
    """The page as an ASGI application.

    Every component of Airflow imports this file, but only the api-server serves the page: what it
    needs is imported at the first request.
    """
    await _page()(scope, receive, send)


def _page() -> FastAPI:
    from dias_cbm_airflow.plugins.season_page import page

    return page()


class CbmWindow(AirflowPlugin):
    """The page "Seasons" in Airflow's navigation."""

    name = "cbm_window"
    fastapi_apps = [{"app": window, "url_prefix": "/cbm", "name": "CbM seasons"}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": "Seasons",
            "href": "cbm/",
            "destination": "nav",
            "url_route": "cbm-seasons",
            "nav_top_level": True,
        }
    ]
