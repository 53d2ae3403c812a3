"""The shell of a page: HTML that loads the client and tells it what to show; it holds no data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from dias_cbm.window.context import Context

#: Languages of the client's texts, the first one by default.
LANGUAGES = ("en", "da")
#: Addresses below these are for programs.
_FOR_PROGRAMS = ("/api/", "/tiles/", "/ogc", "/query", "/signed/", "/static/")
_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="cbm" content="{config}">
<title>{title}</title>
<link rel="stylesheet" href="{root}static/app.css">
<script type="module" src="{root}static/{page}.js"></script>
</head>
<body>
<main id="page">{body}</main>
</body>
</html>
"""
_LOG_IN = {
    "en": "You are not logged in, or your login has expired. Log in again, then reload this page.",
    "da": "Du er ikke logget ind, eller dit login er udløbet. Log ind igen, og genindlæs siden.",
}


def page(
    request: Request,
    context: Context,
    name: str,
    title: str,
    config: Mapping[str, Any] | None = None,
    *,
    body: str = "",
    code: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """The shell of one page.

    :param name: of the page, and of its script.
    :param config: what the client needs to know before it asks for data; put in as escaped JSON.
    :param body: HTML to show until the client takes over; texts in it are escaped already.
    """
    spoken = language(request, context)
    way_up, login = root(request), context.host.login
    known = {
        "page": name,
        "root": way_up,
        "language": spoken,
        "login": None if login is None else way_up + login,
        **(config or {}),
    }
    text = _PAGE.format(
        language=spoken,
        config=escape(json.dumps(known, ensure_ascii=True)),
        title=escape(title),
        root=way_up,
        page=name,
        body=body,
    )
    return HTMLResponse(text, code, {"Vary": "Accept-Language", **(headers or {})})


def failure(
    request: Request, context: Context, code: int, detail: str, headers: Mapping[str, str]
) -> HTMLResponse:
    """The page that says what went wrong; readable without the client."""
    said = _LOG_IN[language(request, context)] if code == 401 else detail
    body = f'<h1>{code}</h1><p role="alert">{escape(said)}</p>'
    config = {"status": code, "detail": said}
    return page(
        request, context, "failure", str(code), config, body=body, code=code, headers=headers
    )


def wanted(request: Request) -> bool:
    """Whether a page was asked for, and not data."""
    if _path(request).startswith(_FOR_PROGRAMS):
        return False
    return "text/html" in request.headers.get("accept", "")


def root(request: Request) -> str:
    """The way from the address of a request up to the mount: ``./``, ``../`` and so on.

    A browser counts the slashes of the address as it was sent: an encoded one does not separate.
    """
    sent = request.scope.get("raw_path")
    path = _path(request) if sent is None else _below_mount(request, sent.decode("latin-1"))
    depth = path.count("/") - 1
    return "../" * depth or "./"


def language(request: Request, context: Context) -> str:
    """The language to speak: the browser's first that there is, else the host's."""
    asked = request.headers.get("accept-language", "")
    weighed = []
    for place, one in enumerate(asked.split(",")[:20]):
        name, _, weight = one.partition(";q=")
        try:
            weighed.append((-float(weight or 1), place, name.strip().lower()[:2]))
        except ValueError:
            continue
    known = (name for weight, _, name in sorted(weighed) if name in LANGUAGES and weight < 0)
    return next(known, context.host.language if context.host.language in LANGUAGES else "en")


def _path(request: Request) -> str:
    """The path of a request below the mount."""
    return _below_mount(request, request.scope["path"])


def _below_mount(request: Request, path: str) -> str:
    return path.partition("?")[0].removeprefix(request.scope.get("root_path", "")) or "/"
