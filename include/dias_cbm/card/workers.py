"""Threads that share the parts of one product."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import local
from types import TracebackType
from typing import Self, TypeVar

from dias_cbm.card.buffers import Buffers
from dias_cbm.card.step_times import StepTimes

T = TypeVar("T")
R = TypeVar("R")


class Workers:
    """Threads that share work; a context manager. One thread is the caller's own.

    At its end nothing is at work, and the buffers are empty.

    :param threads: that work at a time.
    :ivar times: of the steps.
    :ivar shared: buffers for what all of them work on.
    """

    def __init__(self, threads: int = 1, times: StepTimes | None = None) -> None:
        self.times = times or StepTimes()
        self.shared = Buffers()
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._aside = ThreadPoolExecutor(1) if threads > 1 else None
        self._own = local()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for pool in (self._pool, self._aside):
            if pool is not None:
                pool.shutdown(cancel_futures=True)
        self.shared, self._own = Buffers(), local()

    @property
    def buffers(self) -> Buffers:
        """Buffers of the calling thread alone."""
        if not hasattr(self._own, "buffers"):
            self._own.buffers = Buffers()
        found: Buffers = self._own.buffers
        return found

    def map(self, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """Results of a function, in the order of the items.

        Threads begin at once; the caller alone, when it asks for results. After an error nothing
        of it is still at work, so that files can be closed.
        """
        if self._pool is None:
            return map(work, items)
        return _results(deque(self._pool.submit(work, item) for item in items))

    def aside(self, work: Callable[[T], object], item: T) -> None:
        """Let one more thread do what mostly waits for the disk, and ends well without a result.

        A single thread does it at once.
        """
        if self._aside is None:
            work(item)
        else:
            self._aside.submit(work, item)


def _results(futures: deque[Future[R]]) -> Iterator[R]:
    try:
        # A result that was taken is not kept.
        while futures:
            yield futures.popleft().result()
    finally:
        for future in futures:
            future.cancel()
        wait(futures)
