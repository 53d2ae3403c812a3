"""A proxy before a store that counts what passes, and breaks it as a test asks."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

_NOT_PASSED_ON = {"connection", "transfer-encoding", "keep-alive"}
_CHUNK = 1 << 16


@dataclass
class FaultProxy:
    """What to do to requests, and what was seen.

    :param answers: (status, headers, body) to give instead of passing the next GETs on.
    :param flip: change the first byte of objects; listings and manifests are left as they are.
    :param broken: what stands in the path of every request that is answered with 500.
    :param cut_after: bytes of bodies altogether, after which connections are broken off.
    :param delay_s: before each reply.
    """

    upstream: str
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    flip: bool = False
    broken: str | None = None
    cut_after: int | None = None
    delay_s: float = 0.0
    requests: list[tuple[str, str, int]] = field(default_factory=list)
    body_bytes: int = 0
    at_one_time: int = 0
    most_at_one_time: int = 0
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)
    first_bytes: threading.Event = field(default_factory=threading.Event)

    def methods(self, method: str) -> int:
        """How many requests of a method were passed on or answered."""
        return sum(seen == method for seen, _, _ in self.requests)


@contextmanager
def fault_proxy(upstream: str) -> Iterator[FaultProxy]:
    """Serve on a free port of 127.0.0.1 until left."""
    proxy = FaultProxy(upstream)

    class Handler(_Handler):
        faults = proxy

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    faults: FaultProxy
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        faults = self.faults
        with faults.lock:
            self._inside = True
            faults.at_one_time += 1
            faults.most_at_one_time = max(faults.most_at_one_time, faults.at_one_time)
            answer = faults.answers.pop(0) if faults.answers and self.command == "GET" else None
            if faults.broken and faults.broken in self.path:
                answer = (500, {}, b"")
        try:
            time.sleep(faults.delay_s)
            if answer is not None:
                faults.requests.append((self.command, self.path, answer[0]))
                self._leave()
                self._reply(answer[0], answer[1] | {"Content-Length": str(len(answer[2]))})
                self.wfile.write(answer[2])
            else:
                self._pass_on()
        finally:
            self._leave()

    def _leave(self) -> None:
        """Count a request no longer: the client may send its next one once it has the last byte."""
        with self.faults.lock:
            if self._inside:
                self.faults.at_one_time -= 1
            self._inside = False

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815

    def _pass_on(self) -> None:
        parts = urlsplit(self.faults.upstream)
        upstream = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else None
        try:
            upstream.request(self.command, self.path, body, dict(self.headers.items()))
            reply = upstream.getresponse()
            self.faults.requests.append((self.command, self.path, reply.status))
            headers = dict(reply.getheaders())
            if self.command == "HEAD" or not int(headers.get("Content-Length") or 1):
                self._leave()
            self._reply(reply.status, headers)
            if self.command != "HEAD":
                # An object is asked for by its path alone, a listing or a manifest with a query.
                self._copy(reply, flip=self.faults.flip and "?" not in self.path)
        except (OSError, http.client.HTTPException):
            self.close_connection = True
        finally:
            upstream.close()

    def _copy(self, reply: Any, *, flip: bool) -> None:
        faults = self.faults
        first = True
        chunk = reply.read(_CHUNK)
        while chunk:
            following = reply.read(_CHUNK)
            if faults.cut_after is not None and faults.body_bytes >= faults.cut_after:
                self.close_connection = True
                return
            if first and flip:
                chunk = bytes([chunk[0] ^ 1]) + chunk[1:]
            first = False
            if not following:
                self._leave()
            self.wfile.write(chunk)
            with faults.lock:
                faults.body_bytes += len(chunk)
            faults.first_bytes.set()
            chunk = following

    def _reply(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in _NOT_PASSED_ON:
                self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass
