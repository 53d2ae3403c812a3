"""Stores that send a byte at a time, without end, or more than they list: on real sockets."""

from __future__ import annotations

import gzip
import json
import socket
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from raw_servers import Serve, raw_servers

from dias_cbm.errors import StoreDown, StoreError
from dias_cbm.storage.address import read_address
from dias_cbm.storage.base import Credentials, Head, Piece
from dias_cbm.storage.connection_limit import ConnectionLimit
from dias_cbm.storage.fetching import fetch_all
from dias_cbm.storage.objects import ObjectStore
from dias_cbm.storage.s3 import S3Store
from dias_cbm.storage.swift import SwiftStore
from dias_cbm.transport import bounded
from dias_cbm.transport.retry import Retry

pytestmark = pytest.mark.timeout(60)

KEY = "A/P.zip"
HEAD = Head(f"/eodata/{KEY}", 300_000, None, (Piece(300_000, None),))


@pytest.fixture
def serve() -> Iterator[Serve]:
    with raw_servers() as start:
        yield start


@pytest.fixture(params=["s3", "swift", "keystone"])
def opened(
    request: pytest.FixtureRequest, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[socket.socket], None]], ObjectStore]:
    """Open a store whose server treats each connection with a function, after logging in."""
    monkeypatch.setenv("CBM_HTTP_TIMEOUT_S", "1")

    def open_it(treat: Callable[[socket.socket], None]) -> ObjectStore:
        url = serve(treat)
        text = f"s3://eodata?endpoint={url.rstrip('/')}"
        if request.param == "swift":
            login = b"HTTP/1.1 204 No Content\r\nX-Storage-Url: " + url.encode() + b"v1/a\r\n"
            login += b"X-Auth-Token: t\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            text = f"swift://eodata?auth={serve(lambda c: c.sendall(login))}auth/v1.0"
        elif request.param == "keystone":
            text = f"swift://eodata?auth={keystone(serve, url)}v3&project=p"
        kind: Any = S3Store if request.param == "s3" else SwiftStore
        return kind(
            "local",
            read_address(text, "test"),
            Credentials("user", "secret"),
            connections=ConnectionLimit("local", 2, tmp_path / "connections"),
            retry=Retry(1),
        )

    return open_it


def keystone(serve: Serve, store: str) -> str:
    """A Keystone whose token leads to the store."""
    addresses: list[str] = []

    def answer(connection: socket.socket) -> None:
        url = addresses[0]
        version = {
            "id": "v3.14",
            "status": "stable",
            "links": [{"rel": "self", "href": f"{url}v3"}],
        }
        endpoint = {"interface": "public", "url": f"{store}v1/a", "region": "r", "region_id": "r"}
        token = {
            "methods": ["password"],
            "expires_at": "2999-01-01T00:00:00.000000Z",
            "issued_at": "2018-01-01T00:00:00.000000Z",
            "user": {"id": "u", "name": "u", "domain": {"id": "d", "name": "d"}},
            "catalog": [{"type": "object-store", "id": "c", "endpoints": [endpoint]}],
        }
        body = json.dumps({"version": version, "token": token}).encode()
        head = f"HTTP/1.1 200 OK\r\nX-Subject-Token: t\r\nContent-Length: {len(body)}\r\n"
        head += "Content-Type: application/json\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + body)

    addresses.append(serve(answer))
    return addresses[0]


def drip(connection: socket.socket, content: bytes) -> None:
    for byte in content:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def fetched(store: ObjectStore, folder: Path) -> Path:
    (path,) = fetch_all(
        store, [(HEAD, folder / "P.zip")], connections=2, part_bytes=1 << 20, retry=Retry(1)
    )
    return path


BODY_HEAD = f"HTTP/1.1 206 Partial Content\r\nContent-Length: {HEAD.size}\r\n\r\n".encode()
ASKED: dict[str, Callable[[ObjectStore, Path], object]] = {
    "list": lambda store, _: store.list(HEAD.location),
    "head": lambda store, _: store.head(HEAD.location),
    "exists": lambda store, _: store.exists(HEAD.location),
    "fetch": fetched,
}


@pytest.mark.parametrize("ask", ASKED)
def test_a_head_sent_byte_by_byte_does_not_outlast_the_timeout(
    opened: Callable[..., ObjectStore], tmp_path: Path, ask: str
) -> None:
    store = opened(lambda c: drip(c, b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1000))
    begun = time.monotonic()
    with pytest.raises(StoreDown, match="the store does not answer"):
        ASKED[ask](store, tmp_path)
    assert time.monotonic() - begun < 5


def test_a_listing_sent_byte_by_byte_does_not_outlast_the_timeout(
    opened: Callable[..., ObjectStore],
) -> None:
    def treat(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        drip(connection, b" " * 1000)

    begun = time.monotonic()
    with pytest.raises(StoreDown, match="the store does not answer"):
        opened(treat).list(HEAD.location)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("size", [b"", b"Content-Length: 9999999999999\r\n"])
def test_a_listing_without_end_is_limited(
    opened: Callable[..., ObjectStore], monkeypatch: pytest.MonkeyPatch, size: bytes
) -> None:
    monkeypatch.setenv("CBM_HTTP_TIMEOUT_S", "20")
    monkeypatch.setattr(bounded, "LARGEST_REPLY_BYTES", 4 << 20)
    sent = []

    def pour(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + size + b"\r\n<ListBucketResult>")
        while True:
            connection.sendall(b" " * (1 << 20))
            sent.append(1)

    store = opened(pour)
    tracemalloc.start()
    try:
        with pytest.raises(StoreDown, match="larger than 4194304 bytes"):
            store.list(HEAD.location)
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
    finally:
        tracemalloc.stop()
    assert len(sent) < 40


def test_a_compressed_reply_was_not_asked_for(opened: Callable[..., ObjectStore]) -> None:
    body = gzip.compress(b" " * 1_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    store = opened(lambda c: c.sendall(head.encode() + body))
    with pytest.raises(StoreError):
        store.list(HEAD.location)


def test_a_download_that_nearly_stands_still_is_given_up(
    opened: Callable[..., ObjectStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "PORTION_S", 1.0)

    def treat(connection: socket.socket) -> None:
        connection.sendall(BODY_HEAD)
        drip(connection, b"x" * 1000)

    begun = time.monotonic()
    with pytest.raises(StoreDown, match="the store does not answer"):
        fetched(opened(treat), tmp_path)
    assert time.monotonic() - begun < 6


def test_a_download_may_outlast_the_timeout_of_a_reply(
    opened: Callable[..., ObjectStore], tmp_path: Path
) -> None:
    def treat(connection: socket.socket) -> None:
        connection.sendall(BODY_HEAD)
        for _ in range(15):
            connection.sendall(b"x" * 20_000)
            time.sleep(0.1)

    assert fetched(opened(treat), tmp_path).read_bytes() == b"x" * HEAD.size


@pytest.mark.parametrize("size", [b"Content-Length: 999999999999", b"Transfer-Encoding: chunked"])
def test_no_more_is_taken_than_is_listed(
    opened: Callable[..., ObjectStore], tmp_path: Path, size: bytes
) -> None:
    def pour(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 206 Partial Content\r\n" + size + b"\r\n\r\n")
        while True:
            connection.sendall(b"100000\r\n" + b"x" * (1 << 20) + b"\r\n")

    begun = time.monotonic()
    with pytest.raises(StoreError):
        fetched(opened(pour), tmp_path)
    assert time.monotonic() - begun < 5
    assert sum(one.stat().st_size for one in tmp_path.rglob("P*")) <= HEAD.size + 100


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        ([-1], "-1 bytes, by the store's listing, is not the size"),
        ([1 << 50], "by the store's listing, is not the size of a product's file"),
        ([40 << 30] * 2, "80 GB, by the store's listing, is more than any product has"),
    ],
)
def test_a_bogus_size_is_refused_before_anything_is_written(
    tmp_path: Path, sizes: list[int], sentence: str
) -> None:
    wanted = [
        (Head(f"/eodata/{number}", size), tmp_path / "to" / str(number))
        for number, size in enumerate(sizes)
    ]
    with pytest.raises(StoreError, match=sentence):
        fetch_all(None, wanted, connections=1, part_bytes=1 << 20, retry=Retry(1))  # type: ignore[arg-type]
    assert not (tmp_path / "to").exists()


def test_no_room_for_a_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 100 << 20})
    monkeypatch.setattr("dias_cbm.storage.fetching.shutil.disk_usage", lambda _: usage)
    wanted = [(Head("/eodata/a", 50 << 20), tmp_path / "to/a")]
    with pytest.raises(StoreError, match="no room for 50 MB"):
        fetch_all(None, wanted, connections=1, part_bytes=1 << 20, retry=Retry(1))  # type: ignore[arg-type]
