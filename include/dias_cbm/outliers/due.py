"""The check whether a season's outlier list is due again."""

from __future__ import annotations

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query


def is_due(connection: Connection, season: int) -> bool:
    """Whether a season has signatures newer than its last list, and the list is a day old.

    :param season: id of the season.
    """
    row = connection.execute(query("outliers/due"), {"season": season}).fetchone()
    return row is not None and bool(row.due)
