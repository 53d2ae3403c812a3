"""HEAD and OPTIONS, of every address: the headers of an answer, and what may be done there."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response, status
from starlette.exceptions import HTTPException
from starlette.routing import Match, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dias_cbm.window import failures
from dias_cbm.window.context import Context

#: In the scope of a request for headers alone.
_ALONE = "cbm.headers_alone"


def headers_alone(request: Request) -> bool:
    """Whether nobody will read the body: a long one need not be made."""
    return bool(request.scope.get(_ALONE))


class Methods:
    """ASGI middleware: answers HEAD as GET without the body, and OPTIONS for those logged in.

    :param router: with all routes.
    """

    def __init__(self, app: ASGIApp, router: Router, context: Context) -> None:
        self._app, self._router, self._context = app, router, context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["method"] not in ("HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
        elif scope["method"] == "HEAD":
            asked = {**scope, "method": "GET", _ALONE: True}
            await self._app(asked, receive, _without_body(send))
        else:
            request = Request(scope, receive)
            await (await self._options(request))(scope, receive, send)

    async def _options(self, request: Request) -> Response:
        """What may be done at an address, as the header ``Allow``; nothing by other sites."""
        try:
            await self._context.user(request)
        except HTTPException as error:
            return _refused(request, self._context, error)
        known = self._methods(request.scope)
        if not known:
            missing = HTTPException(status.HTTP_404_NOT_FOUND, "there is nothing here")
            return _refused(request, self._context, missing)
        allowed = ", ".join(sorted(known | {"OPTIONS"}))
        return Response(status_code=status.HTTP_204_NO_CONTENT, headers={"Allow": allowed})

    def _methods(self, scope: Scope) -> set[str]:
        asked = {**scope, "method": "GET"}
        known: set[str] = set()
        for route in self._router.routes:
            if route.matches(asked)[0] is not Match.NONE:
                known |= getattr(route, "methods", None) or {"GET"}
        return known | ({"HEAD"} if "GET" in known else set())


def _refused(request: Request, context: Context, error: HTTPException) -> Response:
    detail: Any = error.detail
    return failures.answer(request, context, error.status_code, detail, error.headers)


def _without_body(send: Send) -> Send:
    async def headers(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return headers
