"""Replies without end: in time, in size before they are decoded, in rate."""

from __future__ import annotations

import gzip
import socket
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from raw_servers import Serve, raw_servers

from dias_cbm.errors import BadQuery, Unavailable
from dias_cbm.transport import http
from dias_cbm.transport.http import Client


@pytest.fixture
def serve() -> Iterator[Serve]:
    with raw_servers() as start:
        yield start


def reply(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def test_a_head_sent_byte_by_byte_does_not_outlast_the_timeout(serve: Serve) -> None:
    def drip(connection: socket.socket) -> None:
        for byte in reply(b"{}", "X-Long: " + "x" * 1000):
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    with Client("p", timeout_s=0.5, attempts=1) as client:
        begun = time.monotonic()
        with pytest.raises(Unavailable, match=r"no complete reply in time|timed out"):
            client.get_json(serve(drip))
        assert time.monotonic() - begun < 2
        with pytest.raises(Unavailable, match=r"no complete reply in time|timed out"):
            client.download(serve(drip), Path("/dev/null"))
        assert time.monotonic() - begun < 4


@pytest.mark.parametrize("coding", ["gzip, gzip", "deflate", "br", "zstd", "gzip;gzip"])
def test_one_coding_only(serve: Serve, coding: str) -> None:
    body = gzip.compress(gzip.compress(b"{}"))
    address = serve(lambda c: c.sendall(reply(body, f"Content-Encoding: {coding}")))
    with (
        Client("p", attempts=1) as client,
        pytest.raises(Unavailable, match="only gzip was asked for"),
    ):
        client.get_json(address)


def test_gzip_is_decoded(serve: Serve) -> None:
    body = gzip.compress(b'{"a": "' + b"x" * 3_000_000 + b'"}')
    address = serve(lambda c: c.sendall(reply(body, "Content-Encoding: gzip")))
    with Client("p", attempts=1) as client:
        assert client.get_json(address) == {"a": "x" * 3_000_000}


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b[:20] + b"\xff" * 9 + b[29:]])
def test_damaged_gzip_is_an_error(serve: Serve, damage: Callable[[bytes], bytes]) -> None:
    body = damage(gzip.compress(b'{"a": "' + bytes(range(65, 90)) * 20 + b'"}'))
    address = serve(lambda c: c.sendall(reply(body, "Content-Encoding: gzip")))
    with Client("p", attempts=1) as client, pytest.raises(Unavailable, match="gzip"):
        client.get_json(address)


def test_a_reply_is_limited_before_it_is_decoded(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few kB that become 300 MB are refused with little more memory than the limit."""
    monkeypatch.setattr(http, "LARGEST_REPLY_BYTES", 8 << 20)
    packer = zlib.compressobj(9, wbits=31)
    body = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(300)) + packer.flush()
    address = serve(lambda c: c.sendall(reply(body, "Content-Encoding: gzip")))
    tracemalloc.start()
    try:
        with (
            Client("p", attempts=1) as client,
            pytest.raises(Unavailable, match="reply larger than 8388608 bytes"),
        ):
            client.get_json(address)
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
    finally:
        tracemalloc.stop()


def test_a_download_is_limited_in_size(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LARGEST_DOWNLOAD_BYTES", 1 << 20)
    endless = b"HTTP/1.1 200 OK\r\n\r\n"

    def pour(connection: socket.socket) -> None:
        connection.sendall(endless)
        for _ in range(100):
            connection.sendall(bytes(1 << 20))

    with Client("p", attempts=1) as client:
        with pytest.raises(BadQuery, match="the download is larger than"):
            client.download(serve(pour), tmp_path / "a")
        assert (tmp_path / "a").stat().st_size <= 1 << 20
        announced = b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999999\r\n\r\n"
        with pytest.raises(BadQuery, match="the download is larger than"):
            client.download(serve(lambda c: c.sendall(announced + b"x")), tmp_path / "b")


def test_a_download_that_nearly_stands_still_is_given_up(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_RATE_WINDOW_S", 0.3)

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.05)

    begun = time.monotonic()
    with (
        Client("p", attempts=1) as client,
        pytest.raises(Unavailable, match=r"sends only \d+ bytes a second"),
    ):
        client.download(serve(drip), tmp_path / "a")
    assert time.monotonic() - begun < 3


def test_a_download_may_outlast_the_timeout_of_a_reply(serve: Serve, tmp_path: Path) -> None:
    def steadily(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ in range(10):
            connection.sendall(b"x" * 10)
            time.sleep(0.1)

    with Client("p", timeout_s=0.5, attempts=1) as client:
        client.download(serve(steadily), tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"x" * 100


def test_a_reply_that_would_fill_the_memory_is_not_parsed(serve: Serve) -> None:
    """A hundred kB that become 66 MB, and would be 22 million empty lists."""
    packer = zlib.compressobj(1, wbits=31)
    lists = b"[]," * (1 << 20)
    parts = [packer.compress(b"["), *(packer.compress(lists) for _ in range(22))]
    body = b"".join([*parts, packer.compress(b"0]"), packer.flush()])
    address = serve(lambda c: c.sendall(reply(body, "Content-Encoding: gzip")))
    with Client("p", attempts=1) as client, pytest.raises(Unavailable, match="larger than"):
        client.get_json(address)
