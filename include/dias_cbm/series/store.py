"""The sources of a season."""

from __future__ import annotations

from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.locks import Lock, hold
from dias_cbm.db.queries import query
from dias_cbm.errors import SeriesError
from dias_cbm.seasons import Season

#: The season's own signatures, as a source.
OWN = "own"


def find(connection: Connection, season: Season, name: str) -> Any | None:
    """An imported source; None if there is none of that name."""
    values = {"season": season.id, "name": name}
    return connection.execute(query("series/find"), values).fetchone()


def get(connection: Connection, season: Season, name: str) -> Any:
    """An imported source.

    :raises SeriesError: there is none of that name.
    """
    found = find(connection, season, name)
    if found is None:
        known = sorted({row.name for row in listed(connection, season)})
        raise SeriesError(
            "no such source", subject=name, hint=f"sources: {', '.join([OWN, *known])}"
        )
    return found


def listed(connection: Connection, season: Season) -> list[Any]:
    """A row for each card of each imported source."""
    return connection.execute(query("series/list"), {"season": season.id}).fetchall()


def drop(connection: Connection, season: Season, name: str) -> int:
    """Remove an imported source; does not commit.

    :returns: its records.
    :raises SeriesError: there is none of that name.
    """
    hold(connection, Lock.SERIES, season.id)
    found = get(connection, season, name)
    connection.execute(query("series/drop"), {"source": found.id})
    return int(found.records)
