"""The window as visitors meet it: served by a process of its own, asked as a browser asks."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from socket import create_connection
from threading import local
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

#: Requests that a browser sends to one host at the same time.
_AT_ONCE = 6
_LONGEST_S = 60.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    :param path: from the root on, not quoted.
    :param body: of a POST, as JSON; None for a GET.
    """

    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None

    @property
    def address(self) -> str:
        """Path and query as they are sent."""
        asked = f"?{urlencode(self.query, doseq=True)}" if self.query else ""
        return quote(self.path) + asked


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    :param sent: bytes of the body, compressed if it was.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    milliseconds: float

    @property
    def sent(self) -> int:
        """Bytes of the body as they were sent."""
        return len(self.body)

    @property
    def plain(self) -> bytes:
        """The body, not compressed."""
        zipped = self.headers.get("content-encoding") == "gzip"
        return gzip.decompress(self.body) if zipped else self.body

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.plain)


class Refused(RuntimeError):
    """The window answered with an error."""


class Visitor:
    """A browser at the window: it keeps its connections.

    :param address: of the first visit, with the token.
    """

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port
        (token,) = parse_qs(parts.query)["token"]
        self._headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
        self._own = local()
        self._threads = ThreadPoolExecutor(_AT_ONCE)

    def ask(self, asked: Asked) -> Reply:
        """Send a request and wait for the whole answer.

        :raises Refused: it is an error.
        """
        started = time.perf_counter()
        answer, body = self._answer(asked)
        took = (time.perf_counter() - started) * 1000
        if answer.status >= 400:
            raise Refused(f"{answer.status} of {asked.address}: {body[:300]!r}")
        return Reply(answer.status, dict(answer.headers), body, took)

    def _answer(self, asked: Asked) -> tuple[HTTPResponse, bytes]:
        kept = hasattr(self._own, "connection")
        if not kept:
            self._own.connection = HTTPConnection(self._host, self._port, timeout=_LONGEST_S)
        connection: HTTPConnection = self._own.connection
        try:
            headers = {**self._headers, **asked.headers}
            if asked.body is None:
                connection.request("GET", asked.address, headers=headers)
            else:
                headers["Content-Type"] = "application/json"
                connection.request("POST", asked.address, json.dumps(asked.body), headers)
            answer = connection.getresponse()
            return answer, answer.read()
        except OSError as error:
            connection.close()
            del self._own.connection
            # As in a browser: the server lets go of connections that nobody uses for seconds.
            if kept and isinstance(error, ConnectionError):
                return self._answer(asked)
            raise

    def page(self, *rounds: Sequence[Asked]) -> float:
        """Ask for what a page needs, round after round; milliseconds until the last answer."""
        started = time.perf_counter()
        for asked in rounds:
            list(self._threads.map(self.ask, asked))
        return (time.perf_counter() - started) * 1000

    def each(self, asked: Iterable[Asked]) -> list[Reply]:
        """Ask one after another."""
        return [self.ask(one) for one in asked]

    def close(self) -> None:
        """Let go of the threads."""
        self._threads.shutdown()


@contextmanager
def served() -> Iterator[str]:
    """The address of a window on the database of the settings, while entered."""
    command = Path(sys.executable).with_name("cbm")
    process = subprocess.Popen(
        [command, "window", "serve", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        if process.stdout is None:
            raise AssertionError("it is a pipe")
        address = process.stdout.readline().strip()
        if not address:
            raise RuntimeError("the window did not start")
        _wait(address)
        yield address
    finally:
        process.terminate()
        process.wait()


def _wait(address: str) -> None:
    """Wait until it listens: it prints its address before.

    :raises OSError: it does not within a minute.
    """
    parts = urlsplit(address)
    ends = time.monotonic() + _LONGEST_S
    while True:
        try:
            create_connection((parts.hostname, parts.port)).close()
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.1)
        else:
            return
