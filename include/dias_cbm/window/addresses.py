"""Absolute addresses of the window, as the client has to write them."""

from __future__ import annotations

from fastapi import Request

from dias_cbm.window.context import Context


def base(request: Request, context: Context) -> str:
    """The address of the window's root, with a slash at the end.

    It names the host as the client does, the path of a proxy, and the mount within Airflow:
    ``Request.base_url`` leaves the mount out.
    """
    path = f"{context.prefix.rstrip('/')}{request.scope.get('root_path', '')}/"
    return str(request.url.replace(path=path, query="", fragment=""))
