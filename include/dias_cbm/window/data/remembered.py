"""A memory for what is read often and costs much: one reader makes it, the others wait."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

MOST_KEYS = 64
#: Longest wait for another reader, after which a reader makes the value too.
_PATIENCE_S = 10.0


class Remembered(Generic[T]):
    """Values by key, for a limited time; the least used ones are dropped. Safe in threads.

    :param seconds: how long a value is good for; for ever unless given.
    :param most: number of values that are kept.
    """

    def __init__(self, seconds: float = math.inf, most: int = MOST_KEYS) -> None:
        self._seconds, self._most = seconds, most
        self._values: OrderedDict[Hashable, tuple[float, T]] = OrderedDict()
        self._making: dict[Hashable, Lock] = {}
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key, made if there is none or it is too old.

        An error of ``make`` is not remembered: the next reader tries again.
        """
        found = self._fresh(key)
        if found is not None:
            return found[1]
        with self._lock:
            making = self._making.setdefault(key, Lock())
        locked = making.acquire(timeout=_PATIENCE_S)
        try:
            found = self._fresh(key)
            if found is not None:
                return found[1]
            value = make()
            self._keep(key, value)
            return value
        finally:
            if locked:
                with self._lock:
                    self._making.pop(key, None)
                making.release()

    def _fresh(self, key: Hashable) -> tuple[float, T] | None:
        with self._lock:
            found = self._values.get(key)
            if found is None or time.monotonic() - found[0] >= self._seconds:
                return None
            self._values.move_to_end(key)
            return found

    def _keep(self, key: Hashable, value: T) -> None:
        with self._lock:
            self._values[key] = (time.monotonic(), value)
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
