"""The workroom: threads of its own for work that a slow store can keep waiting.

A thread that waits for a store cannot be stopped. In the gate, a few of them would stop every page.
Here they stop pictures only, and those who ask hear of it in time.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Full, Queue
from typing import Any, TypeVar

from dias_cbm.errors import CbmError

T = TypeVar("T")

#: Pictures that are made at the same time.
WORKERS = 3
#: Pictures that wait; more are refused at once.
MOST_WAITING = 200
#: Longest wait for a picture, from the request on.
PATIENCE_S = 20.0

_Job = tuple[Future[Any], Callable[[], Any]]


class TooSlow(CbmError):
    """A picture was not made in time; it may be there when it is asked for again."""


class Crowded(CbmError):
    """Too many wait for pictures."""


class Workroom:
    """A few threads with a queue, for one application. They end with the process.

    :param workers: pieces of work at the same time, hanging ones included.
    :param waiting: pieces of work in the queue.
    :param patience_s: longest wait for one.
    """

    def __init__(
        self,
        workers: int = WORKERS,
        waiting: int = MOST_WAITING,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._workers, self._patience_s = workers, patience_s
        self._jobs: Queue[_Job] = Queue(waiting)
        self._lock = threading.Lock()
        self._started = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Do work in one of the threads.

        Work that nobody waits for any more is not begun; what has begun goes on to its end.

        :raises TooSlow: it is not done in time.
        :raises Crowded: the queue is full.
        """
        job: Future[T] = Future()
        try:
            self._jobs.put_nowait((job, work))
        except Full:
            raise Crowded("many pictures are waited for: try again in a minute") from None
        self._staff()
        try:
            async with asyncio.timeout(self._patience_s) as limit:
                return await asyncio.wrap_future(job)
        except TimeoutError:
            if not limit.expired():
                raise
            raise TooSlow(
                f"the store has not delivered this within {self._patience_s:g} s:"
                " try again in a minute"
            ) from None

    def _staff(self) -> None:
        with self._lock:
            if self._started == self._workers:
                return
            self._started += 1
            number = self._started
        # A daemon: a store that hangs must not keep the server from ending.
        threading.Thread(target=self._work, name=f"cbm pictures {number}", daemon=True).start()

    def _work(self) -> None:
        while True:
            job, work = self._jobs.get()
            if not job.set_running_or_notify_cancel():
                continue
            try:
                job.set_result(work())
            except BaseException as error:
                job.set_exception(error)
            # Nothing of it is held until the next.
            del job, work
