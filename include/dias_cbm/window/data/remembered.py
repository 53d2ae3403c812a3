"""A memory for what is read often and costs much: one reader asks, the others wait for it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

MOST_KEYS = 64
#: Longest wait for another reader; then one asks oneself.
_PATIENCE_S = 10.0


class Remembered(Generic[T]):
    """Values that are asked for again after some seconds.

    :param seconds: how long a value is good for.
    """

    def __init__(self, seconds: float, most: int = MOST_KEYS) -> None:
        self._seconds, self._most = seconds, most
        self._known: OrderedDict[Hashable, tuple[float, T]] = OrderedDict()
        self._asking: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def get(self, key: Hashable, ask: Callable[[], T]) -> T:
        """The value of a key, at most some seconds old. An error is not remembered."""
        found = self._fresh(key)
        if found is not None:
            return found[1]
        with self._lock:
            asking = self._asking.setdefault(key, Lock())
        first = asking.acquire(timeout=_PATIENCE_S)
        try:
            found = self._fresh(key)
            if found is not None:
                return found[1]
            value = ask()
            self._keep(key, value)
            return value
        finally:
            if first:
                asking.release()

    def _fresh(self, key: Hashable) -> tuple[float, T] | None:
        with self._lock:
            found = self._known.get(key)
        return found if found and time.monotonic() - found[0] < self._seconds else None

    def _keep(self, key: Hashable, value: T) -> None:
        with self._lock:
            self._known[key] = (time.monotonic(), value)
            self._known.move_to_end(key)
            while len(self._known) > self._most:
                gone, _ = self._known.popitem(last=False)
                self._asking.pop(gone, None)
