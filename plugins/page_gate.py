"""The gate of the page: a few requests at a time, each with a limit, whatever the database does.

A route that is a plain function would run in the threads that Airflow's own API shares: a few dozen
requests that wait for the database would stop its health check and its execution API.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread

from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import DatabaseError
from dias_cbm_airflow.operators.connections import database_url

P = ParamSpec("P")
T = TypeVar("T")

#: Requests that use the database at the same time; more are refused at once.
MOST_REQUESTS = 4
CONNECT_S = 5
_LIMITS = "set statement_timeout = '20s'; set lock_timeout = '5s'; set transaction_timeout = '60s'"
_OLDER = "set statement_timeout = '20s'; set lock_timeout = '5s'"
#: The first version of PostgreSQL with transaction_timeout.
_TRANSACTION_TIMEOUT = 170000


class Busy(DatabaseError):
    """All places are taken; the reader may try again."""


class Gate:
    """Threads of its own for the page's requests.

    :param most: requests at the same time.
    """

    def __init__(self, most: int = MOST_REQUESTS) -> None:
        self.most, self._inside = most, 0

    async def run(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Do the work in a thread, unless as many are at work as may be.

        :raises Busy: all places are taken.
        """
        if self._inside >= self.most:
            raise Busy("the database answers slowly, and others wait for it: try again in a minute")
        self._inside += 1
        try:
            # A limiter of its own: the default one is that of all routes of the server.
            own = anyio.CapacityLimiter(1)
            return await anyio.to_thread.run_sync(
                partial(work, *arguments, **named), limiter=own, abandon_on_cancel=False
            )
        finally:
            self._inside -= 1


def open_database() -> Connection:
    """Open the database like every task, by Airflow's connection, else by the setting; with limits.

    :raises psycopg.OperationalError: it does not answer in time.
    """
    connection = connect(database_url(), application="airflow page", connect_timeout=CONNECT_S)
    recent = connection.info.server_version >= _TRANSACTION_TIMEOUT
    connection.execute(_LIMITS if recent else _OLDER)
    connection.commit()
    return connection
