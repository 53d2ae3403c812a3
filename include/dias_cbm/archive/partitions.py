"""Detach a season's partitions from the shared tables, and attach them again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg import sql
from psycopg.errors import LockNotAvailable

from dias_cbm.archive.tables import PARTITIONED
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import SeasonError
from dias_cbm.seasons import Season

#: How long to wait for a table's lock; readers that come meanwhile wait behind us.
PATIENCE = "set local lock_timeout = '30s'"


@dataclass(frozen=True, slots=True)
class Branch:
    """A season's partition of a block table.

    :param attached: whether the table and the views include it.
    :param size: bytes, with indexes and TOAST.
    """

    table: str
    partition: str
    attached: bool
    size: int


@contextmanager
def impatiently(season: Season) -> Iterator[None]:
    """Convert a lock timeout into a :class:`SeasonError`; see :data:`PATIENCE`."""
    try:
        yield
    except LockNotAvailable as error:
        raise SeasonError(
            "its tables are in use by a long transaction",
            subject=season.name,
            hint="try again when it has ended; nothing was changed",
        ) from error


def branches(connection: Connection, season: Season) -> list[Branch]:
    """The partitions of a season; missing ones are left out."""
    values = {"tables": list(PARTITIONED), "season": season.id}
    return [Branch(*row) for row in connection.execute(query("archive/branches"), values)]


def detach(connection: Connection, season: Season) -> list[Branch]:
    """Detach a season's blocks from the shared tables; they stay as separate tables. No commit.

    :returns: partitions detached now.
    """
    found = [branch for branch in branches(connection, season) if branch.attached]
    _alter(connection, season, found, sql.SQL("alter table {} detach partition {}"))
    return found


def attach(connection: Connection, season: Season) -> list[Branch]:
    """Attach a season's detached blocks again; does not commit.

    :returns: partitions attached now.
    :raises SeasonError: a partition is missing.
    """
    every = branches(connection, season)
    if missing := set(PARTITIONED) - {branch.table for branch in every}:
        raise SeasonError(
            f"has no partition of {', '.join(sorted(missing))}",
            subject=season.name,
            hint="restore it from its dump",
        )
    found = [branch for branch in every if not branch.attached]
    _alter(
        connection, season, found, sql.SQL("alter table {} attach partition {} for values in ({})")
    )
    return found


def _alter(connection: Connection, season: Season, found: list[Branch], statement: sql.SQL) -> None:
    connection.execute(PATIENCE)
    with impatiently(season):
        for branch in found:
            names = sql.Identifier(branch.table), sql.Identifier(branch.partition)
            connection.execute(statement.format(*names, sql.Literal(season.id)))
