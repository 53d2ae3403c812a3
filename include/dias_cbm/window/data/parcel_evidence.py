"""The chain behind a parcel's observations: record, extraction, product, engine and sources."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.seasons import Season
from dias_cbm.window.data.parcel import Place

COLUMNS = (
    "obsid", "time", "card", "satellite", "rel_orbit", "direction", "rule", "bands", "pixels",
    "extraction", "extracted_at", "records_over_tile", "product", "platform", "product_id",
    "location", "size_bytes", "checksum", "baseline", "published", "status", "superseded_by",
    "engine", "sources",
)  # fmt: skip
_FIRST = (datetime(1, 1, 1, tzinfo=UTC), 0)


def chains(
    connection: Connection,
    season: Season,
    place: Place,
    *,
    obsid: int | None = None,
    after: tuple[datetime, int] | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """The chains of one observation, or of all in order of time.

    :param after: ``time`` and ``obsid`` of the last row of the page before.
    """
    at, number = after or _FIRST
    values = place.values(season) | {
        "obsid": obsid,
        "after_time": at,
        "after_obsid": number,
        "limit": limit,
    }
    return [row._asdict() for row in connection.execute(query("window/parcel_evidence"), values)]
