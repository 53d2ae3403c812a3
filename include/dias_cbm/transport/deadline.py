"""A deadline on everything that is read from a connection.

httpx limits each single read: a server that sends the head of its reply byte by byte is never late.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ssl import SSLContext
from typing import Any, cast

import httpcore
import httpx

_until: ContextVar[float | None] = ContextVar("until", default=None)
_most: ContextVar[int | None] = ContextVar("most", default=None)


@contextmanager
def within(seconds: float | None, *, most: int | None = None) -> Iterator[None]:
    """Let every read of this thread end by then; None for no deadline.

    :param most: bytes of one reply, for clients of :mod:`dias_cbm.transport.bounded`.
    """
    tokens = _until.set(None if seconds is None else time.monotonic() + seconds), _most.set(most)
    try:
        yield
    finally:
        _until.reset(tokens[0])
        _most.reset(tokens[1])


def left() -> float | None:
    """Seconds until this thread's deadline; None without one."""
    until = _until.get()
    return None if until is None else until - time.monotonic()


def most() -> int | None:
    """Bytes that one reply to this thread may have; None without a limit."""
    return _most.get()


def apply(client: httpx.Client) -> None:
    """Let the deadlines of :func:`within` hold for a client, through proxies too."""
    # httpx has no public way to set the backend of its connections.
    inner = cast("Any", client)
    for transport in (inner._transport, *inner._mounts.values()):
        if isinstance(transport, httpx.HTTPTransport):
            pool = cast("Any", transport)._pool
            pool._network_backend = _Backend()


class _Backend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(
            super().connect_tcp(host, port, _left(timeout), local_address, socket_options)
        )


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None) -> float | None:
    """The time that one read may take.

    :raises httpcore.ReadTimeout: the deadline has passed.
    """
    remaining = left()
    if remaining is None:
        return timeout
    if remaining <= 0:
        raise httpcore.ReadTimeout("no complete reply in time")
    return remaining if timeout is None else min(remaining, timeout)
