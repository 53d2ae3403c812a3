"""Remove a season and all that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from dias_cbm import ledger
from dias_cbm.archive.partitions import PATIENCE, Branch, branches, impatiently
from dias_cbm.archive.tables import OWNED, owned
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.seasons import Season


@dataclass(frozen=True, slots=True)
class Dropped:
    """The contents of a season, which are deleted when it is dropped.

    :param rows: per table.
    :param partitions: of signatures, histograms and means.
    """

    rows: dict[str, int]
    partitions: list[Branch]


def contents(connection: Connection, season: Season) -> Dropped:
    """The contents that :func:`drop` would remove."""
    rows = {}
    for table in OWNED:
        statement = sql.SQL("select count(*) as number from {} {}").format(
            sql.Identifier(table), owned(connection, table).rows
        )
        row = connection.execute(statement, {"season": season.id}).fetchone()
        rows[table] = 0 if row is None else int(row.number)
    return Dropped(rows, branches(connection, season))


def drop(connection: Connection, season: Season) -> Dropped:
    """Remove a season: partitions, parcels, extractions, gaps, outliers, decisions. No commit.

    Scenes stay in the ledger: they belong to the platform, and other seasons may use them.

    :raises SeasonError: its tables are in use and were not released in time.
    """
    found = branches(connection, season)
    # Drop the tables first, so that a worker can finish writing before its unit is removed.
    connection.execute(PATIENCE)
    with impatiently(season):
        for branch in found:
            connection.execute(sql.SQL("drop table {}").format(sql.Identifier(branch.partition)))
    connection.execute(query("archive/allow_drop"), {"season": season.id})
    rows = {}
    for table in reversed(OWNED):
        if table == "extraction":
            rows[table] = ledger.forget_season(connection, season.id)
            continue
        statement = sql.SQL("delete from {} {}").format(
            sql.Identifier(table), owned(connection, table).rows
        )
        rows[table] = connection.execute(statement, {"season": season.id}).rowcount
    return Dropped(rows, found)
