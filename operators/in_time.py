"""A limit for work that waits for another host: Airflow ends a callback that takes too long.

The dag-processor gives 50 s to all that it has to tell at a time, and forgets the rest; a task's
process has 20 s after its end.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

T = TypeVar("T")

#: Hosts that have not answered in this process.
silent: set[str] = set()


def in_time(host: str, seconds: float, work: Callable[[], T]) -> T:
    """Do something that waits for another host; one that does not answer is not asked again.

    :param host: its name, or what it is.
    :returns: what the work returns; what it raises is raised.
    :raises TimeoutError: there is no answer. The work is left to itself, and ends with the process.
    """
    if host in silent:
        raise TimeoutError(f"{host} has not answered before")
    answers: SimpleQueue[T | Exception] = SimpleQueue()

    def do() -> None:
        try:
            answers.put(work())
        except Exception as error:
            answers.put(error)

    Thread(target=do, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        silent.add(host)
        raise TimeoutError(f"{host} does not answer within {seconds} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer
