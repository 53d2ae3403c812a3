"""The window in Airflow: pages and API under ``/cbm``, with an entry in the navigation.

It is behind Airflow's login. The entry opens the pages within Airflow's frame; the same addresses
work on their own. Airflow's dashboard shows each season's state in one line.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from fastapi import FastAPI

    from dias_cbm_airflow.plugins.airflow_host import AirflowHost


async def window(scope: Any, receive: Any, send: Any) -> None:
    """The window as an ASGI application.

    Every component of Airflow imports this file, but only the api-server serves the pages: what
    they need is imported at the first request.
    """
    host, app = _window()
    # Airflow's own application hands the request over, and says so.
    host.airflow = host.airflow or scope.get("app")
    await app(scope, receive, send)


@cache
def _window() -> tuple[AirflowHost, FastAPI]:
    from dias_cbm.window.app import application
    from dias_cbm_airflow.plugins.airflow_host import AirflowHost

    host = AirflowHost()
    return host, application(host)


class CbmWindow(AirflowPlugin):
    """The pages in Airflow's navigation, and the state of the seasons on its dashboard."""

    name = "cbm_window"
    fastapi_apps = [{"app": window, "url_prefix": "/cbm", "name": "CbM"}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": "Seasons",
            "href": "cbm/",
            "destination": "nav",
            "url_route": "cbm-seasons",
            "nav_top_level": True,
        }
    ]
    react_apps = [  # noqa: RUF012
        {
            "name": "CbM seasons",
            "bundle_url": "cbm/dashboard.js",
            "destination": "dashboard",
            "url_route": "cbm-state",
        }
    ]
