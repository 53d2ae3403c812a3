"""Ports of the demo's services: the wanted port or the next free one, recorded on disk."""

from __future__ import annotations

import json
import socket
from collections.abc import Collection
from pathlib import Path

from dias_cbm.errors import ServiceError

HOST = "127.0.0.1"
_TRIES = 100


def is_free(port: int) -> bool:
    """Whether a server could listen on a port of this machine now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def choose(wanted: int, besides: Collection[int] = ()) -> int:
    """The wanted port, or the first free one above it.

    :param besides: ports that are reserved although nothing listens on them yet.
    :raises ServiceError: not a port, or a hundred ports in a row are taken.
    """
    if not 1 <= wanted <= 65535:
        raise ServiceError("is not a port", subject=wanted, hint="1 to 65535")
    for port in range(wanted, min(wanted + _TRIES, 65536)):
        if port not in besides and is_free(port):
            return port
    raise ServiceError(f"no free port from {wanted} on", hint="set another port")


def remembered(file: Path) -> dict[str, int]:
    """The ports of the last start, by service; empty if there was none."""
    try:
        return dict(json.loads(file.read_text()))
    except FileNotFoundError:
        return {}


def remember(file: Path, ports: dict[str, int]) -> None:
    """Record the ports of this start."""
    temporary = file.with_suffix(".new")
    temporary.write_text(json.dumps(ports))
    temporary.rename(file)
