"""Passes over a parcel that left no evidence."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from dias_cbm.completeness.why import IN_WORDS
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.scenes import Cause
from dias_cbm.seasons import Season
from dias_cbm.window.data.parcel import Place
from dias_cbm.window.data.parcel_units import direction_of


def missed(
    connection: Connection, season: Season, place: Place, seen: Collection[int]
) -> list[dict[str, Any]]:
    """Gaps that concern the parcel, in order of time, less those whose scene has records of it.

    :param seen: scenes with records of the parcel.
    """
    rows = connection.execute(query("window/parcel_missed"), place.values(season))
    return [
        {
            "time": row.expected_at,
            "card": row.card,
            "direction": direction_of(row.card, row.direction),
            "rel_orbit": row.rel_orbit,
            "satellite": row.satellite,
            "cause": row.cause,
            "why": IN_WORDS[Cause(row.cause)],
            "evidence": row.evidence,
            "state": row.state,
            "gap": row.gap,
            "obsid": row.obsid,
            "product": row.product,
        }
        for row in rows
        if row.obsid is None or row.obsid not in seen
    ]
