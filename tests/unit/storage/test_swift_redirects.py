"""A redirect of Swift is not followed: it would take token or password to another host."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dias_cbm.errors import StoreError
from dias_cbm.storage.address import read_address
from dias_cbm.storage.base import Credentials
from dias_cbm.storage.swift import SwiftStore

TOKEN, PASSWORD = "t0ken", "passw0rd"


@contextmanager
def served(redirect: str | None, login: bool) -> Iterator[tuple[str, list[str]]]:
    """A server that redirects, all or all but the login; and what it was sent."""
    got: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            got.append(f"{self.path} {self.headers} {body.decode()}")
            here = f"http://{self.headers['Host']}"
            if redirect is not None and not (login and self.path.startswith(("/auth", "/v3"))):
                self.send_response(307)
                self.send_header("Location", redirect + self.path)
                content = b""
            elif self.path.startswith("/v3"):
                self.send_response(201)
                self.send_header("X-Subject-Token", TOKEN)
                point = {"interface": "public", "region": "r", "region_id": "r", "url": here}
                catalogue = [{"type": "object-store", "name": "s", "endpoints": [point]}]
                times = {"expires_at": "2099-01-01T00:00:00Z", "issued_at": "2020-01-01T00:00:00Z"}
                token = {"catalog": catalogue, **times, "methods": ["password"]}
                content = json.dumps({"token": token}).encode()
            else:
                self.send_response(200)
                self.send_header("X-Storage-Url", f"{here}/v1/account")
                self.send_header("X-Auth-Token", TOKEN)
                content = b""
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_HEAD = do_POST = answer  # noqa: N815 (the library's names)

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("path", ["/auth/v1.0", "/v3"])
@pytest.mark.parametrize("login", [True, False])
def test_nothing_is_sent_to_another_host(
    path: str, login: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_HTTP_ATTEMPTS", "1")
    with (
        served(None, login=False) as (elsewhere, leaked),
        served(elsewhere.replace("127.0.0.1", "localhost"), login=login) as (home, asked),
    ):
        address = read_address(f"swift://box?auth={home}{path}", "store")
        store = SwiftStore("onda", address, Credentials("user", PASSWORD, ""))
        with pytest.raises(StoreError) as refused:
            store.head("a.zip")
    assert asked
    assert leaked == []
    if login:
        assert "answers 307 Temporary Redirect, which is not followed" in str(refused.value)
