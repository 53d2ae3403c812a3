"""The window behind a real server in a process of its own; nobody is logged in.

GDAL's client holds Python's lock while it waits, so a server in a thread would never answer it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Served:
    """A running server.

    :param address: without a slash at the end.
    :param log: file with the address of each request.
    """

    address: str
    log: Path

    @property
    def asked(self) -> list[str]:
        """Path and query of each request so far."""
        return self.log.read_text().splitlines()


@contextmanager
def served(url: str, folder: Path, **variables: str) -> Iterator[Served]:
    """Serve the window over a database.

    :param folder: for the log.
    :param variables: of the environment, e.g. settings.
    """
    log = folder / "asked.txt"
    with log.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, __file__, url],
            stdout=subprocess.PIPE,
            stderr=stream,
            text=True,
            env=os.environ | variables,
        )
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            assert port, log.read_text()
            yield Served(f"http://127.0.0.1:{port}", log)
        finally:
            process.terminate()
            process.wait(10)
            if process.stdout is not None:
                process.stdout.close()


def main() -> None:
    """Serve until terminated; prints the port."""
    import socket
    from typing import Any

    import uvicorn
    from window_host import StandIn

    from dias_cbm.window.app import application

    app = application(StandIn(sys.argv[1]))

    async def heard(scope: Any, receive: Any, send: Any) -> None:
        query = scope["query_string"].decode()
        sys.stderr.write(scope["path"] + (f"?{query}" if query else "") + "\n")
        sys.stderr.flush()
        await app(scope, receive, send)

    own = socket.socket()
    own.bind(("127.0.0.1", 0))
    own.listen()
    sys.stdout.write(f"{own.getsockname()[1]}\n")
    sys.stdout.flush()
    config = uvicorn.Config(heard, log_level="error", access_log=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[own])


if __name__ == "__main__":
    main()
