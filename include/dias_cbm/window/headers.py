"""Headers of every reply, and what a request that changes something must bring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dias_cbm.errors import SettingsError
from dias_cbm.window.gate import only_looks

Failed = Callable[[Request, Exception], Awaitable[Response]]

#: No inline script or style, no blob, nothing from elsewhere; only pages of the host may frame it.
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; font-src 'self'; worker-src 'self'; manifest-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
#: Of replies that do not say it themselves.
CACHE_CONTROL, VARY = "no-store", "Cookie, Authorization, Accept-Language"
MOST_BODY = 1_000_000
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


def policy(origins: Iterable[str]) -> str:
    """The policy of pages that may also fetch from these origins, e.g. ``https://tiles.example``.

    A map fetches its pictures: it needs no other rule.
    """
    return CSP.replace("connect-src 'self'", " ".join(("connect-src 'self'", *origins)))


class Guard:
    """ASGI middleware: adds the headers, and refuses what another site makes a browser send.

    :param failed: answers an error that nobody expected, so that this reply has the headers too.
    :param origins: of others, that pages may fetch from; none if the settings cannot be read.
    """

    def __init__(
        self, app: ASGIApp, failed: Failed, origins: Callable[[], Iterable[str]] = tuple
    ) -> None:
        self._app, self._failed, self._origins = app, failed, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        begun = False

        async def with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                reply = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    reply[name] = value
                reply["Content-Security-Policy"] = self._policy()
                reply.setdefault("Cache-Control", CACHE_CONTROL)
                reply.add_vary_header(VARY)
            await send(message)

        problem = refusal(scope["method"], Headers(scope=scope))
        if problem is not None:
            code, detail = problem
            await JSONResponse({"detail": detail}, code)(scope, receive, with_headers)
            return
        only_looks.set(scope["method"] in _SAFE)
        try:
            await self._app(scope, _bounded(receive), with_headers)
        except Exception as error:
            if begun:
                raise
            reply = await self._failed(Request(scope, receive), error)
            await reply(scope, receive, with_headers)

    def _policy(self) -> str:
        try:
            return policy(self._origins())
        except SettingsError:
            # Answers that need the settings say what is wrong with them.
            return CSP


def refusal(method: str, headers: Headers) -> tuple[int, str] | None:
    """Why a request that changes something is refused: status and reason.

    A page of another site can send a form or a text with the user's cookie, but neither JSON nor
    the name of our origin.
    """
    if method in _SAFE:
        return None
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site not in (None, "same-origin", "none"):
        return 403, "this comes from another site"
    # A browser that says same-origin has compared; a proxy may have changed the name of the host.
    foreign = origin is not None and _host_in(origin) != headers.get("host", "").lower()
    if foreign and site != "same-origin":
        return 403, "this comes from another site"
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if method in _WITH_BODY and kind != "application/json":
        return 415, "the body must be application/json"
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MOST_BODY:
        return 413, f"the body is longer than {MOST_BODY} bytes"
    return None


def _host_in(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def _bounded(receive: Receive) -> Receive:
    """Stop reading a body without a length once it is too long."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MOST_BODY:
            raise HTTPException(413, f"the body is longer than {MOST_BODY} bytes")
        return message

    return bounded
