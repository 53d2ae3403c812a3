"""Deadlines and limits of size for clients that are built on urllib3: S3, Swift and Keystone.

These clients limit each single read, so a server that sends byte by byte, or without end, would
hold them for hours. Here the socket itself keeps to the deadline and to the size.
"""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Iterator
from typing import Any, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from dias_cbm.transport import deadline

#: Bytes that are read at one time; each portion has to arrive within this time.
PORTION_BYTES = 1 << 16
PORTION_S = 60.0
#: The largest reply that is not an object's bytes.
LARGEST_REPLY_BYTES = 256 << 20
#: Beside an object's bytes: the head of the reply.
_HEAD_BYTES = 1 << 18


def within_reply(seconds: float) -> Any:
    """Let a reply be complete within this time, and of no more than ``LARGEST_REPLY_BYTES``."""
    return deadline.within(seconds, most=LARGEST_REPLY_BYTES)


def portions(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The chunks of a body, of at most ``PORTION_BYTES`` each, none of which may take too long.

    :param size: bytes that were asked for.
    :raises TimeoutError: one did not arrive within ``PORTION_S``; clients raise their own error.
    """
    while True:
        with deadline.within(PORTION_S, most=size + _HEAD_BYTES):
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk


class _Source(io.RawIOBase):
    """What arrives at a socket, as long as the thread's deadline and limit allow."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._raw = connected.makefile("rb", buffering=0)
        self._timeout = connected.gettimeout()
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left, most = deadline.left(), deadline.most()
        if left is not None:
            if left <= 0:
                raise TimeoutError("no complete reply in time")
            self._socket.settimeout(left if self._timeout is None else min(left, self._timeout))
        count = cast("Any", self._raw).readinto(buffer)
        self._count += count or 0
        if most is not None and self._count > most:
            raise _too_large(most)
        return cast("int | None", count)

    def close(self) -> None:
        self._raw.close()
        super().close()


def _too_large(limit: int) -> ConnectionError:
    return ConnectionError(f"the reply is larger than {limit} bytes")


class _Socket:
    """The part of a socket that a reply uses."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    def makefile(self, *_: object) -> io.BufferedReader:
        return io.BufferedReader(_Source(self._socket))


class _Reply(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **keywords: Any) -> None:
        super().__init__(cast("Any", _Socket(sock)), *arguments, **keywords)

    def begin(self) -> None:
        """Read the head; memory for a body is allocated by the size that it announces."""
        super().begin()
        limit = deadline.most()
        if limit is not None and (self.length or 0) > limit:
            raise _too_large(limit)


def bounded_pools(pools: Any) -> dict[str, Any]:
    """Connection pools by scheme that keep to deadlines and limits.

    :param pools: by scheme, of urllib3 or derived from it.
    """
    return {scheme: _bounded(pool) for scheme, pool in pools.items()}


def _bounded(pool: Any) -> Any:
    connection = type(
        f"Bounded{pool.ConnectionCls.__name__}", (pool.ConnectionCls,), {"response_class": _Reply}
    )
    return type(f"Bounded{pool.__name__}", (pool,), {"ConnectionCls": connection})


_POOLS = bounded_pools({"http": HTTPConnectionPool, "https": HTTPSConnectionPool})


class BoundedAdapter(HTTPAdapter):
    """Lets a session of requests keep to deadlines and limits; no reply is compressed."""

    def init_poolmanager(self, *arguments: Any, **keywords: Any) -> None:
        """Make the pool manager, with bounded pools."""
        super().init_poolmanager(*arguments, **keywords)
        cast("Any", self.poolmanager).pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *arguments: Any, **keywords: Any) -> Any:
        """The manager of a proxy, with bounded pools."""
        manager = super().proxy_manager_for(*arguments, **keywords)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def send(
        self, request: requests.PreparedRequest, *arguments: Any, **keywords: Any
    ) -> requests.Response:
        """Send a request.

        :raises requests.exceptions.ContentDecodingError: the reply is compressed although that was
            not asked for.
        """
        request.headers["Accept-Encoding"] = "identity"
        response = super().send(request, *arguments, **keywords)
        coding = response.headers.get("Content-Encoding", "identity").lower()
        if coding != "identity":
            response.close()
            raise requests.exceptions.ContentDecodingError(
                f"sent in the coding {coding!r}, which was not asked for"
            )
        return response


def bound(session: requests.Session) -> requests.Session:
    """Let a session keep to deadlines and limits."""
    for scheme in ("http://", "https://"):
        session.mount(scheme, BoundedAdapter())
    return session
