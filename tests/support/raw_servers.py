"""Servers on real sockets that send whatever bytes a test wants, as slowly as it wants."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Treat = Callable[[socket.socket], None]
#: Starts a server that treats each connection with a function; returns its address.
Serve = Callable[[Treat], str]


@contextmanager
def raw_servers() -> Iterator[Serve]:
    """Provide a function that starts a server, which runs until the end."""
    stopping = threading.Event()
    threads: list[threading.Thread] = []

    def start(treat: Treat) -> str:
        listening = socket.create_server(("127.0.0.1", 0))
        listening.settimeout(0.1)

        def one(connection: socket.socket) -> None:
            with connection:
                connection.recv(65536)
                with contextlib.suppress(OSError):
                    treat(connection)

        def accept() -> None:
            with listening:
                while not stopping.is_set():
                    with contextlib.suppress(TimeoutError):
                        connection, _ = listening.accept()
                        threading.Thread(target=one, args=(connection,), daemon=True).start()

        threads.append(threading.Thread(target=accept, daemon=True))
        threads[-1].start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}/"

    yield start
    stopping.set()
    for thread in threads:
        thread.join(2)
