"""An identity service that speaks version 3 as Keystone does, in front of a Swift with tempauth.

It checks the body of ``POST /v3/auth/tokens`` as documented, answers with the documented catalogue
of services, and hands out tokens that the Swift behind it honours, for as long as it is told.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from swiftclient import client as swift


@dataclass
class Keystone:
    """One account that may reach one project.

    :param endpoint: of the Swift.
    :param user: of tempauth, ``PROJECT:NAME``.
    :param regions: in which the object store is listed.
    :param asked: bodies of the requests for a token.
    :param bad_tokens: so many tokens are handed out that the Swift does not know.
    """

    endpoint: str
    user: str
    secret: str
    domain: str = "Default"
    regions: tuple[str, ...] = ("here",)
    services: tuple[str, ...] = ("object-store",)
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    bad_tokens: int = 0

    def token(self, body: dict[str, Any]) -> tuple[int, str, dict[str, Any]]:
        """Status, token and body of the answer to a request for a token."""
        self.asked.append(body)
        project, _, name = self.user.partition(":")
        try:
            identity, scope = body["auth"]["identity"], body["auth"]["scope"]["project"]
            user = identity["password"]["user"]
            sound = identity["methods"] == ["password"]
            allowed = (
                (user["name"], user["domain"]["name"], user["password"])
                == (name, self.domain, self.secret)
            ) and (scope["name"], scope["domain"]["name"]) == (project, self.domain)
        except (KeyError, TypeError):
            return 400, "", _error(400, "Bad Request", "Expecting to find auth in request body.")
        if not (sound and allowed):
            text = "The request you have made requires authentication."
            return 401, "", _error(401, "Unauthorized", text)
        account, token = swift.get_auth(
            f"{self.endpoint}/auth/v1.0", self.user, self.secret, auth_version="1"
        )
        if self.bad_tokens:
            self.bad_tokens -= 1
            token = "AUTH_tk_run_out"
        return 201, token, {"token": self._described(account)}

    def _described(self, account: str) -> dict[str, Any]:
        now = datetime.now(UTC)
        endpoints = [
            {
                "id": uuid.uuid4().hex,
                "interface": interface,
                "region": region,
                "region_id": region,
                # Another region than ours leads nowhere.
                "url": account if region == "here" else "http://127.0.0.1:9/v1/nowhere",
            }
            for region in self.regions
            for interface in ("public", "internal", "admin")
        ]
        return {
            "methods": ["password"],
            "issued_at": f"{now:%Y-%m-%dT%H:%M:%S.000000Z}",
            "expires_at": f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M:%S.000000Z}",
            "audit_ids": [uuid.uuid4().hex],
            "catalog": [
                {"id": uuid.uuid4().hex, "type": kind, "name": kind, "endpoints": endpoints}
                for kind in self.services
            ],
            "roles": [{"id": uuid.uuid4().hex, "name": "member"}],
        }

    def versions(self) -> dict[str, Any]:
        """What ``GET /v3`` tells."""
        links = [{"rel": "self", "href": f"{self.url}/v3/"}]
        return {"version": {"id": "v3.14", "status": "stable", "links": links}}


def _error(code: int, title: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "title": title, "message": message}}


@contextmanager
def keystone(endpoint: str, user: str, secret: str) -> Iterator[Keystone]:
    """Serve one, until left; its ``url`` is without ``/v3``."""
    service = Keystone(endpoint, user, secret)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200, service.versions())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path != "/v3/auth/tokens":
                self._answer(404, _error(404, "Not Found", "no such resource"))
                return
            status, token, answer = service.token(body)
            self._answer(status, answer, {"X-Subject-Token": token} if token else {})

        def _answer(
            self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None
        ) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
