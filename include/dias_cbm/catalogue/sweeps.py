"""Sweeps: the time when a platform was last searched beyond its newest publications."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query

SWEEP = timedelta(days=60)
SWEEP_EVERY = timedelta(days=7)

Round = Literal["sweep", "deletions"]
SWEPT: Round = "sweep"
DELETIONS: Round = "deletions"


def last(connection: Connection, platform: str, season: int, what: Round) -> datetime | None:
    """Time of the last sweep; None if there was none."""
    values = {"platform": platform, "season": season, "what": what}
    row = connection.execute(query("catalogue/sweep_read"), values).fetchone()
    return None if row is None else row.done_at


def record(
    connection: Connection, platform: str, season: int, what: Round, done_at: datetime
) -> None:
    """Record that a sweep was done; never moves the time back; does not commit."""
    values = {"platform": platform, "season": season, "what": what, "done_at": done_at}
    connection.execute(query("catalogue/sweep_record"), values)
