"""GDAL takes credentials along a redirect: a store that redirects never gets to GDAL."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from dias_cbm.errors import StoreError
from dias_cbm.storage.address import read_address
from dias_cbm.storage.base import Credentials
from dias_cbm.storage.objects import ObjectStore
from dias_cbm.storage.s3 import S3Store
from dias_cbm.storage.swift import SwiftStore
from dias_cbm.transport.retry import Retry

SECRET = "ss3ss10n"
KEY = "A/P/a.tif"


class Store:
    """A store that lists an object, and redirects whoever asks for it."""

    def __init__(self) -> None:
        self.elsewhere: str | None = None
        self.status = 301
        self.asked: list[str] = []

    def answer(self, host: str, path: str) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(path)
        self.asked.append(path)
        if parts.path.startswith("/auth"):
            return 200, {"X-Storage-Url": f"http://{host}/v1/a", "X-Auth-Token": SECRET}, b""
        if self.elsewhere and parts.path.endswith(".tif"):
            error = f"<Code>PermanentRedirect</Code><Endpoint>{self.elsewhere}</Endpoint>"
            head = {"Location": f"http://{self.elsewhere}{path}"}
            return self.status, head, f"<Error>{error}</Error>".encode()
        prefix = parse_qs(parts.query).get("prefix", [""])[0]
        marker = parse_qs(parts.query).get("marker")
        listed = KEY.startswith(prefix) and not marker
        if parts.path.startswith("/v1"):
            item = {"name": KEY, "bytes": 9, "hash": "0" * 32, "content_type": "image/tiff"}
            head = {"Content-Type": "application/json"}
            return 200, head, json.dumps([item] if listed else []).encode()
        item = f"<Contents><Key>{KEY}</Key><Size>9</Size></Contents>" if listed else ""
        body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{item}</ListBucketResult>"
        return 200, {}, body.encode()


@contextmanager
def served(store: Store, address: str) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = store.answer(self.headers["Host"], self.path)
            store.asked.append(str(self.headers))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 (the library's name)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer((address, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"{address}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def opened(face: str, host: str) -> ObjectStore:
    retry = Retry(1)
    if face == "s3":
        address = read_address(f"s3://eodata?endpoint=http://{host}", "test")
        return S3Store("local", address, Credentials("user", "key", SECRET), retry=retry)
    address = read_address(f"swift://eodata?auth=http://{host}/auth/v1.0", "test")
    return SwiftStore("local", address, Credentials("user", "key"), retry=retry)


@pytest.mark.parametrize("face", ["s3", "swift"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_credentials_do_not_follow_a_redirect(
    face: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_STORE_CACHE_FOLDER", str(tmp_path / "cache"))
    store, other = Store(), Store()
    store.status = status
    with served(store, "127.0.0.1") as host, served(other, "127.0.0.2") as elsewhere:
        store.elsewhere = elsewhere
        with (
            pytest.raises(StoreError, match=f"the store answers {status}"),
            opened(face, host).opened("/eodata/A/P", ranged=lambda *_: True),
        ):
            pass
    assert any(SECRET in line for line in store.asked)
    assert other.asked == []


@pytest.mark.parametrize("face", ["s3", "swift"])
def test_nor_one_that_begins_when_the_product_is_in_the_cache(
    face: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_STORE_CACHE_FOLDER", str(tmp_path / "cache"))
    monkeypatch.setattr("dias_cbm.storage.objects.stand_in", lambda _, size, to: bool(to))
    monkeypatch.setattr(ObjectStore, "_check_direct", lambda *_: None)
    store, other = Store(), Store()
    with served(store, "127.0.0.1") as host, served(other, "127.0.0.2") as elsewhere:
        ready = opened(face, host)
        with ready.opened("/eodata/A/P", ranged=lambda *_: True):
            pass
        monkeypatch.undo()
        monkeypatch.setenv("CBM_STORE_CACHE_FOLDER", str(tmp_path / "cache"))
        store.elsewhere = elsewhere
        with (
            pytest.raises(StoreError, match="the store answers 301"),
            ready.opened("/eodata/A/P", ranged=lambda *_: True),
        ):
            pass
    assert other.asked == []
