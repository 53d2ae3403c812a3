"""A limit on connections to a store, shared by all processes of a machine."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOOK_AGAIN_S = 0.02


class ConnectionLimit:
    """Limits the connections to a platform from all processes of one user and machine.

    It uses file locks, which the system releases however a process dies.

    :param count: connections at one time.
    :param folder: where the locks are; else one in the system's temporary folder.
    """

    def __init__(self, platform: str, count: int, folder: Path | None = None) -> None:
        self.count = count
        base = folder or Path(tempfile.gettempdir()) / f"cbm-connections-{os.getuid()}"
        self._folder = base / platform

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take one connection; wait until one is free."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = self._take()
        try:
            yield
        finally:
            os.close(descriptor)

    def _take(self) -> int:
        while True:
            for number in range(self.count):
                flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
                descriptor = os.open(self._folder / str(number), flags, 0o600)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(descriptor)
                else:
                    return descriptor
            time.sleep(_LOOK_AGAIN_S)
