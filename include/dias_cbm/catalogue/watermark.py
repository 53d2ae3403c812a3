"""The watermark: the time up to which publications were read, by season, platform and kind.

A search by sensing time alone misses what is published late or again.
"""

from __future__ import annotations

from datetime import datetime

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.scenes import Kind


def read(connection: Connection, platform: str, season: int, kind: Kind) -> datetime | None:
    """Publication time of the latest scene read; None before the first poll."""
    row = connection.execute(
        query("catalogue/watermark_read"), {"platform": platform, "season": season, "kind": kind}
    ).fetchone()
    return None if row is None else row.published


def advance(
    connection: Connection, platform: str, season: int, kind: Kind, published: datetime
) -> None:
    """Move the watermark forward, never back and never into the future; does not commit."""
    connection.execute(
        query("catalogue/watermark_advance"),
        {"platform": platform, "season": season, "kind": kind, "published": published},
    )
