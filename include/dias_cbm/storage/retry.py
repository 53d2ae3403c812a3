"""How long a store is borne with: connections at one time, tries, and the waits between them."""

from __future__ import annotations

import fcntl
import logging
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from dias_cbm.errors import StoreError

log = logging.getLogger(__name__)

T = TypeVar("T")

_LOOK_AGAIN_S = 0.02


class Again(Exception):
    """A try failed in a way that the next one may not; never leaves the storage package.

    :param wait_s: what the store asks for.
    """

    def __init__(self, error: StoreError, wait_s: float | None = None) -> None:
        self.error, self.wait_s = error, wait_s
        super().__init__(str(error))


class Connections:
    """Holds all processes of one user and machine to so many connections to a platform.

    Locks on files, which the system frees when a process dies, however it dies.

    :param count: connections at one time.
    :param folder: where the locks are; else one in the system's temporary folder.
    """

    def __init__(self, platform: str, count: int, folder: Path | None = None) -> None:
        self.count = count
        base = folder or Path(tempfile.gettempdir()) / f"cbm-connections-{os.getuid()}"
        self._folder = base / platform

    @contextmanager
    def one(self) -> Iterator[None]:
        """One connection; waits until there is one."""
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


@dataclass(frozen=True, slots=True)
class Patience:
    """Tries and waits: each wait is twice the one before, and up to half as long again by chance.

    :param attempts: tries before giving up.
    :param first_s: the first wait.
    :param longest_s: also of what the store asks for.
    """

    attempts: int = 6
    first_s: float = 1.0
    longest_s: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def until_it_works(self, call: Callable[[], T]) -> T:
        """The result of a call that may fail with :class:`Again`.

        :raises StoreError: what the last try failed with.
        """
        for attempt in range(1, self.attempts + 1):
            try:
                return call()
            except Again as again:
                if attempt == self.attempts:
                    raise again.error from again
                doubled = self.first_s * 2 ** (attempt - 1) * (1 + self.chance() / 2)
                wait = min(max(doubled, again.wait_s or 0.0), self.longest_s)
                log.warning("%s; try %d, next in %.0f s", again.error, attempt, wait)
                self.sleep(wait)
        raise AssertionError("no attempts")
