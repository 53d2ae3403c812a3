"""Passes over a parcel that left no evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from dias_cbm.completeness.why import IN_WORDS
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.scenes import Card, Cause
from dias_cbm.seasons import Season
from dias_cbm.window.data.parcel import Place
from dias_cbm.window.data.parcel_units import direction_of


def missed(
    connection: Connection,
    season: Season,
    place: Place,
    seen: Collection[int],
    orbits: Mapping[int, str],
) -> list[dict[str, Any]]:
    """Gaps that concern the parcel, in order of time, less those whose scene has records of it.

    A radar gap without a direction has that of its orbit, or ``*`` if no look tells: it may be
    missing in either.

    :param seen: scenes with records of the parcel.
    :param orbits: of :func:`orbits_of`.
    """
    rows = connection.execute(query("window/parcel_missed"), place.values(season))
    return [
        {
            "time": row.expected_at,
            "card": row.card,
            "direction": direction_of(row.card, row.direction or orbits.get(row.rel_orbit)),
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


def orbits_of(looks: Iterable[Any]) -> dict[int, str]:
    """The direction in which each relative orbit of the radar crosses a parcel.

    :param looks: rows with ``card``, ``rel_orbit`` and ``direction``.
    """
    found: dict[int, set[str]] = defaultdict(set)
    for row in looks:
        if row.card != Card.S2 and row.rel_orbit is not None and row.direction is not None:
            found[row.rel_orbit].add(row.direction)
    return {orbit: min(some) for orbit, some in found.items() if len(some) == 1}


def lanes_of(lost: Mapping[str, Any], lanes: Iterable[tuple[str, str]]) -> list[str]:
    """The directions of the series that miss a pass: both, if it is not known which.

    :param lost: one of :func:`missed`.
    :param lanes: card and direction of what the parcel has looks of.
    """
    known = sorted({direction for card, direction in lanes if card == lost["card"]})
    return known if lost["direction"] == "*" and known else [lost["direction"]]
