"""Services that do not do what they should: they refuse, hang, break off, or answer nonsense."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

_HEAD = b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


def _reply(status: int, body: bytes) -> bytes:
    return _HEAD % (status, len(body)) + body


#: What a service sends before it closes; None: it accepts, and then says nothing.
BEHAVIOURS: Mapping[str, bytes | None] = {
    "hangs": None,
    "closes": b"",
    "garbage": bytes(range(256)) * 4,
    "500": _reply(500, b"<h1>Internal Server Error</h1>"),
    "html": _reply(200, b"<html><body>maintenance</body></html>"),
    "empty": _reply(200, b""),
    "null": _reply(200, b"null"),
    "list": _reply(200, b"[1, null, {}]"),
    "object": _reply(200, b'{"value": 3, "features": "x", "error": null}'),
    "entries": _reply(200, b'{"value": [{"Id": 3}], "features": [null], "access_token": []}'),
    "deep": _reply(200, b"[" * 100_000),
    "nan": _reply(200, b'{"value": NaN, "features": 1e999}'),
    "not_utf8": _reply(200, b'{"value": "\xff\xfe"}'),
    "cut": _HEAD % (200, 100_000) + b'{"value": [',
    "redirect": b"HTTP/1.1 302 X\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
    "401": _reply(401, b"{}"),
}


@contextmanager
def closed_services() -> Iterator[Mapping[str, int]]:
    """Behaviour -> port on 127.0.0.1; ``refuses`` is one that nobody listens on."""
    with ExitStack() as stack:
        ports = {name: stack.enter_context(_serving(what)) for name, what in BEHAVIOURS.items()}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports["refuses"] = free.getsockname()[1]
            # It stays bound, so that nobody else gets it; it does not listen.
            yield ports


@contextmanager
def _serving(sent: bytes | None) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=50)
    held: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            if sent is None:
                held.append(client)
                continue
            with client:
                client.settimeout(2)
                try:
                    client.recv(65_536)
                    client.sendall(sent)
                except OSError:
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for client in held:
            client.close()
