"""CPU time by step of the work, over all threads that share it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class StepTimes:
    """CPU seconds of each step, in the order in which the steps were first taken."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._lock = Lock()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count the CPU time of the calling thread in this context as a step's."""
        start = time.thread_time()
        try:
            yield
        finally:
            used = time.thread_time() - start
            with self._lock:
                self.seconds[name] = self.seconds.get(name, 0.0) + used
