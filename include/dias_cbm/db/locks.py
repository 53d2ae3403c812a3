"""All advisory locks of this system in one list, so that no two share a number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import IntEnum, unique

from dias_cbm.db.connection import Connection, connect_like
from dias_cbm.db.queries import query


@unique
class Lock(IntEnum):
    """Numbers of advisory locks; the first key where there are two.

    Locks of single units and windows are hashes of their names, and need no number:
    ``extraction/unit.py``, ``averages/window_means.py`` and ``pipeline/season.py``.
    """

    #: Migrations, so that two services that start together do not apply one twice.
    MIGRATION = 0x0CB3
    #: Supersession: the selection among several rows of one acquisition.
    SUPERSESSION = 0x0CB4
    #: Gaps of a season; second key: the season.
    GAPS = 0x0CB6
    #: The digest of a season; second key: the season.
    DIGEST = 0x0CB7
    #: Decisions and assignments made in the window, so that the later of two inspectors is told of
    #: the earlier; second key: the season.
    DECISIONS = 0x0CBB
    #: Runs of markers in a season; second key: the season.
    MARKERS = 0x0CBA
    #: Series from elsewhere in a season; second key: the season.
    SERIES = 0x0CBC
    #: The end of a unit of CARD-BS: a season has one kind of gamma0; second key: the season.
    BACKSCATTER = 0x0CBD


def hold(connection: Connection, lock: Lock, key: int) -> None:
    """Wait for a lock with two keys, and hold it until the transaction ends.

    :param key: the second key, e.g. a season's id.
    """
    connection.execute(query("db/hold_lock"), {"lock": lock, "key": key})


@contextmanager
def beside(connection: Connection, application: str) -> Iterator[Connection]:
    """A second connection in a transaction, whose locks outlast the transactions of the first.

    They are gone with this process, and hold behind a pooler too. The transaction has no snapshot
    while it stands still, so it holds nothing else back.
    """
    with closing(connect_like(connection, application=application)) as own:
        own.execute("set local idle_in_transaction_session_timeout = 0")
        yield own


def hold_named(connection: Connection, name: str) -> None:
    """Wait for the lock of a single unit or window, and hold it until the transaction ends.

    :param name: of the unit or window; its hash is the key.
    """
    connection.execute(query("db/hold_named_lock"), {"name": name})
