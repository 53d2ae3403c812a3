"""A web application behind a real server in a thread, on a port that is taken from the start."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

HOST = "127.0.0.1"


@contextmanager
def in_thread(application: Any, log_level: str = "error") -> Iterator[str]:
    """Serve an application.

    :returns: its address, without a slash at the end.
    """
    with socket.create_server((HOST, 0)) as own:
        server = uvicorn.Server(uvicorn.Config(application, log_level=log_level))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [own]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.02)
        try:
            yield f"http://{HOST}:{own.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)
