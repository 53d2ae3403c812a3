"""The window at an analyst's desk: this machine only, opened with a printed token, no Airflow."""

from __future__ import annotations

import hmac
import secrets
import socket
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from getpass import getuser
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.errors import ServiceError
from dias_cbm.window import gate
from dias_cbm.window.app import application
from dias_cbm.window.host import RunRefused
from dias_cbm.window.rights import Right, User

ADDRESS = "127.0.0.1"
PORT = 8090
_PARAMETER = "token"


class Desk:
    """The host without Airflow: one user, who may read and decide.

    :param seasons: the only seasons to show; empty: every season.
    """

    can_operate = False
    login = None

    def __init__(self, seasons: Collection[str] = ()) -> None:
        self.token = secrets.token_urlsafe(32)
        self._secret = secrets.token_bytes(32)
        name = _name()
        rights = frozenset({Right.READ, Right.DECIDE})
        self._user = User(name, name, rights, frozenset(seasons) or None)

    @property
    def language(self) -> str:
        """The language of the settings."""
        return settings().window.language

    async def user(self, request: Request) -> User | None:
        """The analyst, by the cookie of the first visit or the token itself."""
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        cookie = request.cookies.get(_cookie(request.url.port), "")
        given = bearer.strip() if scheme.lower() == "bearer" else cookie
        return self._user if self.knows(given) else None

    async def holder(self, user_id: str, user_name: str) -> User | None:
        """The analyst, if a key is the analyst's."""
        return self._user if user_id == self._user.id else None

    def knows(self, token: str) -> bool:
        """Whether it is the token."""
        return hmac.compare_digest(token.encode(), self.token.encode())

    def connect(self) -> Connection:
        """Open the database of the setting ``database.url``."""
        return gate.limited(None, "cbm window")

    def services(self) -> AbstractContextManager[None]:
        """The accounts of the settings."""
        return nullcontext()

    async def start_dag(self, dag_id: str, conf: Mapping[str, Any], user: User) -> str:
        """Nothing to start.

        :raises RunRefused: always.
        """
        raise RunRefused("there is no Airflow here", hint="use the window in Airflow")

    def secret(self) -> bytes:
        """Random bytes: what was signed is worth nothing after the next start."""
        return self._secret


class Door:
    """ASGI middleware: takes the token out of the address of the first visit, into a cookie.

    Requests for another host are refused: a page elsewhere could give its name our address.
    """

    def __init__(self, app: ASGIApp, desk: Desk, port: int) -> None:
        self._app, self._desk, self._cookie = app, desk, _cookie(port)
        self._hosts = {f"{name}:{port}" for name in (ADDRESS, "localhost")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if Headers(scope=scope).get("host", "").lower() not in self._hosts:
            await PlainTextResponse("another host", 421)(scope, receive, send)
            return
        given = parse_qs(scope["query_string"].decode("latin-1"))
        token = given.pop(_PARAMETER, [""])[0]
        if not token or not self._desk.knows(token):
            await self._app(scope, receive, send)
            return
        rest = urlencode(given, doseq=True)
        # One slash: two would begin the name of another host.
        path = quote(scope["path"]) if scope.get("raw_path") is None else _sent(scope["raw_path"])
        there = "/" + path.lstrip("/") + (f"?{rest}" if rest else "")
        reply = RedirectResponse(there, 303, {"Cache-Control": "no-store"})
        reply.set_cookie(self._cookie, token, httponly=True, samesite="strict", path="/")
        await reply(scope, receive, send)


def listen(port: int) -> socket.socket:
    """A socket on this machine's own address.

    :param port: 0 for any that is free.
    :raises ServiceError: the port is taken.
    """
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        own.bind((ADDRESS, port))
    except (OSError, OverflowError) as error:
        own.close()
        problem = getattr(error, "strerror", None) or error
        raise ServiceError(
            f"cannot be used: {problem}", subject=f"port {port}", hint="choose another one"
        ) from error
    return own


def serve(own: socket.socket, desk: Desk) -> None:
    """Serve the window until interrupted. Neither addresses nor tokens are logged."""
    import uvicorn

    inner = application(desk)
    app = Door(inner, desk, own.getsockname()[1])
    config = uvicorn.Config(
        app, access_log=False, log_level="warning", server_header=False, lifespan="off"
    )
    try:
        uvicorn.Server(config).run(sockets=[own])
    finally:
        inner.state.context.gate.close()
        own.close()


def address(own: socket.socket, desk: Desk) -> str:
    """The address of the first visit."""
    return f"http://{ADDRESS}:{own.getsockname()[1]}/?{urlencode({_PARAMETER: desk.token})}"


def _cookie(port: int | None) -> str:
    """A browser gives all ports of a machine the same cookies: each desk has a name of its own."""
    return f"cbm_desk_{port}"


def _sent(path: bytes) -> str:
    """A path as the browser sent it, e.g. with an encoded slash in a parcel's identifier."""
    return path.partition(b"?")[0].decode("latin-1")


def _name() -> str:
    try:
        return getuser()
    except (KeyError, OSError):
        return "analyst"
