"""List of the parcels in a part of the map, for those who cannot see it, or want names."""

from __future__ import annotations

from typing import Any

import numpy as np

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import ParcelUnknown
from dias_cbm.parcels.blocks import BLOCK_PARCELS
from dias_cbm.window.map.places import HIDDEN, mercator
from dias_cbm.window.map.season_map import Coloured

#: Parcels that a list of the map holds at most.
MOST = 100

Box = tuple[float, float, float, float]


def in_view(
    connection: Connection, season: int, coloured: Coloured, box: Box, limit: int
) -> dict[str, Any]:
    """The parcels whose centre lies in a box: marked ones first, then those near its middle.

    :param box: west, south, east and north in degrees; east is larger than west, and beyond 180
        where the box crosses the antimeridian.
    :returns: ``parcels``, the number of all of them, and at most ``limit`` ``rows``.
    """
    places, classes = coloured.places, coloured.classes
    _, (top, bottom) = mercator(np.zeros(2, np.float32), np.array(box[3::-2], np.float32))
    # From the west side on: the world is as wide as 1, and goes on behind its end.
    across = (places.x.astype(np.float64) - (box[0] / 360.0 + 0.5)) % 1.0
    width = (box[2] - box[0]) / 360.0
    here = np.flatnonzero(
        (across <= width) & (places.y >= top) & (places.y <= bottom) & (classes != HIDDEN)
    )
    away = np.hypot(across[here] - width / 2, places.y[here] - (top + bottom) / 2)
    plain = ~np.isin(classes[here], list(coloured.colouring.marked))
    first = here[np.lexsort((away, plain))[:limit]]
    names = coloured.colouring.names
    rows = [
        row | {"class": names[classes[row["place"]]]}
        for row in _rows(connection, season, first.tolist())
    ]
    return {"parcels": len(here), "rows": rows, "next": None}


def at_place(connection: Connection, season: int, place: int) -> dict[str, Any]:
    """The parcel at a place.

    :raises ParcelUnknown: there is none.
    """
    rows = _rows(connection, season, [place])
    if not rows:
        raise ParcelUnknown("has no parcel", subject=f"place {place}")
    return rows[0]


def _rows(connection: Connection, season: int, places: list[int]) -> list[dict[str, Any]]:
    values = {"season": season, "places": places, "block_parcels": BLOCK_PARCELS}
    return [row._asdict() for row in connection.execute(query("window/parcels_at"), values)]
