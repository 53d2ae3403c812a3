"""Files of an export written at the same time, all from one snapshot of the database."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Event
from typing import TypeVar

from psycopg import IsolationLevel, sql

from dias_cbm.db.connection import Connection, compute_within, connect_like
from dias_cbm.db.queries import query

T = TypeVar("T")

#: Writes a file: from what it reads, and until it is stopped.
Job = Callable[[Connection, Event], T]


def write_all(connection: Connection, jobs: Sequence[Job[T]], workers: int) -> list[T]:
    """Run jobs that each write a file; the first ones begin first.

    :param connection: in a transaction whose snapshot all of them read.
    :param jobs: they look at the event between two row groups: once it is set, the file is not
        wanted any more.
    :param workers: jobs at a time, each on its own connection if there are several.
    :returns: the result of each job, in their order.
    :raises Exception: what a job raises; the others are stopped.
    """
    stopped = Event()
    workers = min(workers, len(jobs))
    if workers < 2:
        return [job(connection, stopped) for job in jobs]
    compute_within(connection)  # it stands still while the others read
    row = connection.execute(query("export/snapshot_id")).fetchone()
    snapshot = "" if row is None else str(row.id)
    waiting = deque(enumerate(jobs))
    done: dict[int, T] = {}

    def work() -> None:
        with _reader(connection, snapshot) as own:
            while waiting and not stopped.is_set():
                try:
                    number, job = waiting.popleft()
                except IndexError:  # another worker took the last one
                    return
                done[number] = job(own, stopped)

    with ThreadPoolExecutor(workers) as pool:
        working = [pool.submit(work) for _ in range(workers)]
        try:
            wait(working, return_when=FIRST_EXCEPTION)
        finally:
            stopped.set()
        for one in working:
            one.result()
    return [done[number] for number in range(len(jobs))]


@contextmanager
def _reader(like: Connection, snapshot: str) -> Iterator[Connection]:
    """A connection of its own that sees the same snapshot."""
    with connect_like(like, application="cbm export") as own:
        own.isolation_level = IsolationLevel.REPEATABLE_READ
        own.execute(sql.SQL("set transaction snapshot {}").format(sql.Literal(snapshot)))
        yield own
        own.rollback()
