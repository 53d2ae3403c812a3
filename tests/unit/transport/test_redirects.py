"""A redirect is not followed: credentials never leave the host that was asked."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dias_cbm.config.platforms import Platform
from dias_cbm.errors import BadQuery
from dias_cbm.transport.http import Client
from dias_cbm.transport.tokens import Tokens

SECRET = "s3cret"


@contextmanager
def served(address: str, status: int, target: str | None) -> Iterator[tuple[str, list[str]]]:
    """A server that redirects everything; its address, and what it was sent."""
    got: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            got.append(f"{self.path} {self.headers} {body.decode()}")
            self.send_response(status)
            if target:
                self.send_header("Location", target + self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET  # noqa: N815 (the library's name)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer((address, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{address}:{server.server_port}", got
    finally:
        server.shutdown()
        server.server_close()


def token(url: str, client_id: str) -> object:
    service = Platform(
        token_url=f"{url}/token", client_id=client_id, username="me", password=SECRET
    )
    return Tokens("p", service).header()


def client() -> Client:
    return Client("p", attempts=1, authorisation=lambda: f"Bearer {SECRET}")


ASKED: dict[str, Callable[[str, Path], object]] = {
    "query": lambda url, _: client().get_json(f"{url}/a", {"key": SECRET}),
    "XML": lambda url, _: client().get_xml(f"{url}/a?key={SECRET}"),
    "text": lambda url, _: client().get_text(f"{url}/a?key={SECRET}"),
    "search": lambda url, _: client().post_json(f"{url}/a", {"key": SECRET}),
    "form": lambda url, _: client().post_form(f"{url}/a", {"key": SECRET}),
    "download": lambda url, folder: client().download(f"{url}/a", folder / "a"),
    "token by form": lambda url, _: token(url, "cdse-public"),
    "token by JSON": lambda url, _: token(url, ""),
}


@pytest.mark.parametrize("how", ASKED)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(how: str, status: int, tmp_path: Path) -> None:
    with (
        served("127.0.0.2", 200, None) as (elsewhere, other),
        served("127.0.0.1", status, elsewhere) as (url, asked),
    ):
        with pytest.raises(BadQuery, match=f"HTTP {status}: moved to {elsewhere}") as caught:
            ASKED[how](url, tmp_path)
        assert SECRET not in str(caught.value)
        assert "set its URL" in str(caught.value)
    assert SECRET in asked[0]
    assert other == []
