"""One of many: work on one item of a transaction whose failure must not stop the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dias_cbm.db.connection import Connection

if TYPE_CHECKING:
    from logging import Logger


@contextmanager
def one_of_many(connection: Connection, subject: object, log: Logger) -> Iterator[None]:
    """Undo and log what fails in the block; what the transaction did before stays.

    A failure of the database itself (a lost connection, a deadlock, a statement cancelled) is
    raised, because the others would fail too.

    :param subject: the item, for the log.
    """
    import psycopg

    connection.execute("savepoint one_of_many")
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError):
        raise
    except Exception:
        connection.execute("rollback to savepoint one_of_many")
        log.exception("%s: left out, the others go on", subject)
    connection.execute("release savepoint one_of_many")
