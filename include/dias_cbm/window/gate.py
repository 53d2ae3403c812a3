"""The gate: a few requests at the database at a time, each with a limit, and a short queue.

A route that is a plain function would run in the threads that Airflow's own API shares: a few dozen
requests that wait for the database would stop its health check and its execution API. So every
route of the window is a coroutine, and what waits for the database does so in the gate's threads.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from threading import Lock
from typing import Concatenate, ParamSpec, TypeVar

import anyio
import anyio.to_thread
import psycopg

from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import DatabaseError

P = ParamSpec("P")
T = TypeVar("T")

#: Requests that use the database at the same time.
MOST_AT_WORK = 6
#: Requests that wait for a place; more are refused at once.
MOST_WAITING = 200
#: Longest wait for a place.
PATIENCE_S = 8.0
CONNECT_S = 5
#: An idle connection is closed after this time.
IDLE_S = 60.0
# Of a transaction: behind a pooler, those of a session would also be those of tasks.
_LIMITS = "set local statement_timeout = '20s'; set local lock_timeout = '5s'; set local jit = off"
_WHOLE = "; set local transaction_timeout = '60s'"
#: The first version of PostgreSQL with transaction_timeout.
_TRANSACTION_TIMEOUT = 170000


#: Whether a request only looks: its connections are then those of the setting
#: ``database.reader_url``, where there is one.
only_looks: ContextVar[bool] = ContextVar("only_looks", default=False)


class Busy(DatabaseError):
    """All places are taken; the reader may try again."""


def limited(url: str | None, application: str) -> Connection:
    """Open the database with a limit on connecting; :class:`Gate` limits what is done then.

    :raises psycopg.OperationalError: it does not answer in time.
    """
    return connect(url, application=application, connect_timeout=CONNECT_S)


class Gate:
    """Threads and connections of its own for the window's requests.

    :param open_database: opens a connection, within a thread.
    :param at_work: requests at the same time.
    :param waiting: requests that wait for a place.
    """

    def __init__(
        self,
        open_database: Callable[[], Connection],
        at_work: int = MOST_AT_WORK,
        waiting: int = MOST_WAITING,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._open, self._patience_s, self._most_waiting = open_database, patience_s, waiting
        self._places = anyio.CapacityLimiter(at_work)
        self._waiting = 0
        # By the address of a reader; None for the host's own.
        self._idle: dict[str | None, deque[tuple[float, Connection]]] = defaultdict(deque)
        self._lock = Lock()

    async def run(
        self, work: Callable[Concatenate[Connection, P], T], *arguments: P.args, **named: P.kwargs
    ) -> T:
        """Do the work with a connection in a thread; what it does not commit is rolled back.

        :param work: its first argument is the connection, whose transaction has limits on
            statements and locks; what follows a commit has none.
        :raises Busy: no place came free in time, or too many wait already.
        """
        return await self.thread(partial(self._with_connection, work, *arguments, **named))

    async def thread(self, work: Callable[[], T]) -> T:
        """Do work without a database in a thread of the gate, e.g. read a file.

        :raises Busy: as :meth:`run`.
        """
        holder = object()
        await self._enter(holder)
        try:
            # A limiter of its own: the default one is that of all routes of the server.
            own = anyio.CapacityLimiter(1)
            return await anyio.to_thread.run_sync(work, limiter=own, abandon_on_cancel=False)
        finally:
            self._places.release_on_behalf_of(holder)

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            idle = [connection for each in self._idle.values() for _, connection in each]
            self._idle.clear()
        for connection in idle:
            connection.close()

    async def _enter(self, holder: object) -> None:
        if self._waiting >= self._most_waiting:
            raise _busy()
        self._waiting += 1
        try:
            with anyio.move_on_after(self._patience_s) as waited:
                await self._places.acquire_on_behalf_of(holder)
        finally:
            self._waiting -= 1
        if waited.cancelled_caught:
            raise _busy()

    def _with_connection(
        self, work: Callable[Concatenate[Connection, P], T], *arguments: P.args, **named: P.kwargs
    ) -> T:
        url = settings().database.reader_url if only_looks.get() else None
        connection = self._take(url)
        try:
            return work(connection, *arguments, **named)
        finally:
            self._give_back(connection, url)

    def _take(self, url: str | None) -> Connection:
        while True:
            with self._lock:
                if not self._idle[url]:
                    break
                since, connection = self._idle[url].pop()
            if time.monotonic() - since < IDLE_S:
                with suppress(psycopg.Error):  # it may be dead
                    _limit(connection)
                    return connection
            connection.close()
        connection = self._open() if url is None else limited(url, "cbm window, reader")
        try:
            _limit(connection)
        except psycopg.Error:
            connection.close()
            raise
        return connection

    def _give_back(self, connection: Connection, url: str | None) -> None:
        with suppress(psycopg.Error):
            connection.rollback()
        now = time.monotonic()
        with self._lock:
            if not connection.closed:
                self._idle[url].append((now, connection))
            stale = []
            for idle in self._idle.values():
                while idle and now - idle[0][0] >= IDLE_S:
                    stale.append(idle.popleft()[1])
        for one in stale:
            one.close()


def _limit(connection: Connection) -> None:
    """Begin a transaction with limits."""
    recent = connection.info.server_version >= _TRANSACTION_TIMEOUT
    connection.execute(_LIMITS + (_WHOLE if recent else ""))


def _busy() -> Busy:
    return Busy("the database answers slowly, and others wait for it: try again in a minute")
