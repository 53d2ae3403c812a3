"""CPU time by step of the work, over all threads that share it."""

from __future__ import annotations

import time
from threading import Lock


class StepTimes:
    """CPU seconds of each step, in the order in which the steps were first taken."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._lock = Lock()

    def step(self, name: str) -> Step:
        """Count the CPU time of the calling thread in this context as a step's."""
        return Step(self, name)

    def add(self, name: str, seconds: float) -> None:
        """Count more of a step."""
        with self._lock:
            self.seconds[name] = self.seconds.get(name, 0.0) + seconds


class Step:
    """One time that a step is taken: a context manager."""

    __slots__ = ("_name", "_start", "_times")

    def __init__(self, times: StepTimes, name: str) -> None:
        self._times, self._name = times, name

    def __enter__(self) -> None:
        self._start = time.thread_time()

    def __exit__(self, *_: object) -> None:
        self._times.add(self._name, time.thread_time() - self._start)
