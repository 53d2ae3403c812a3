"""The gaps of a season, a page at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.seasons import Season

COLUMNS = (
    "id", "card", "satellite", "rel_orbit", "direction", "tile", "expected_at", "cause",
    "evidence", "state", "parcels", "found_at", "checked_at", "attempts", "next_check",
    "closed_at", "obsid",
)  # fmt: skip
_FIRST = (datetime(1, 1, 1, tzinfo=UTC), 0)


def page(
    connection: Connection,
    season: Season,
    *,
    everything: bool = False,
    card: str | None = None,
    cause: str | None = None,
    state: str | None = None,
    after: tuple[datetime, int] | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Gaps in order of time.

    :param everything: closed ones too.
    :param after: ``expected_at`` and ``id`` of the last gap of the page before.
    """
    at, gap = after or _FIRST
    values = {
        "season": season.id,
        "everything": everything,
        "card": card,
        "cause": cause,
        "state": state,
        "after_at": at,
        "after_id": gap,
        "limit": limit,
    }
    return [row._asdict() for row in connection.execute(query("window/gaps"), values)]
