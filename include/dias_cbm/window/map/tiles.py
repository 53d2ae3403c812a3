"""Vector tiles: outlines from zoom 11, cells and the marked parcels as points below.

Format: https://github.com/mapbox/vector-tile-spec, version 2.1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import CbmError
from dias_cbm.window.map.places import HIDDEN, Places

#: The first zoom with outlines; up to it there is a simplified copy.
FIRST_OUTLINES = 11
#: Beyond this zoom the client enlarges tiles: a unit is half a metre.
LAST = 14
#: Cells of a tile along an edge.
CELLS = 16
#: Points in a tile at most; of more, every k-th is sent.
MOST_POINTS = 1500
_EXTENT, _COARSE_EXTENT = 4096, 1024


class TileOutside(CbmError):
    """No map has such a tile."""


def check(z: int, x: int, y: int) -> None:
    """Check the address of a tile.

    :raises TileOutside: the zoom is not in 0..14, or x or y is not in the world.
    """
    if not (0 <= z <= LAST and 0 <= x < 2**z and 0 <= y < 2**z):
        raise TileOutside("is outside the map", subject=f"tile {z}/{x}/{y}")


def tile(
    connection: Connection,
    season: int,
    places: Places,
    classes: np.ndarray,
    marked: frozenset[int],
    address: tuple[int, int, int],
) -> bytes:
    """A tile of a season's parcels.

    :param classes: uint8[n], class of each place; 255 is not drawn.
    :param marked: classes that are drawn as points below zoom 11.
    :param address: zoom, x and y.
    :raises TileOutside: there is no such tile.
    """
    check(*address)
    if address[0] < FIRST_OUTLINES:
        return _cells(connection, places, classes, marked, address)
    z, x, y = address
    coarse = z == FIRST_OUTLINES
    values = {
        "season": season, "classes": classes.tobytes(), "z": z, "x": x, "y": y,
        "coarse": coarse, "extent": _COARSE_EXTENT if coarse else _EXTENT,
    }  # fmt: skip
    row = connection.execute(query("window/tile"), values).fetchone()
    return b"" if row is None else bytes(row.tile)


def _cells(
    connection: Connection,
    places: Places,
    classes: np.ndarray,
    marked: frozenset[int],
    address: tuple[int, int, int],
) -> bytes:
    z, left, top = address
    across, down = places.x * 2**z - left, places.y * 2**z - top
    inside = (across >= 0) & (across < 1) & (down >= 0) & (down < 1) & (classes != HIDDEN)
    here = np.flatnonzero(inside)
    if not len(here):
        return b""
    across, down, kind = across[here], down[here], classes[here]
    cell = (down * CELLS).astype(int) * CELLS + (across * CELLS).astype(int)
    is_marked = np.isin(np.arange(256), list(marked))[kind]
    points = np.flatnonzero(is_marked)
    points = points[:: -(-len(points) // MOST_POINTS) or 1]
    values = _cell_values(cell, kind, is_marked, places.area_ha[here]) | {
        "place": here[points].tolist(),
        "point_class": kind[points].tolist(),
        "px": (across[points] * _EXTENT).tolist(),
        "py": (down[points] * _EXTENT).tolist(),
    }
    row = connection.execute(query("window/cells"), values).fetchone()
    return b"" if row is None else bytes(row.tile)


def _cell_values(
    cell: np.ndarray, kind: np.ndarray, is_marked: np.ndarray, area_ha: np.ndarray
) -> dict[str, Any]:
    """Parcels, hectares, most frequent class and share of marked parcels of each cell."""
    parcels = np.bincount(cell, minlength=CELLS**2)
    used = np.flatnonzero(parcels)
    by_class = np.bincount(cell * 256 + kind, minlength=CELLS**2 * 256).reshape(-1, 256)
    size = _EXTENT // CELLS
    west, north = used % CELLS * size, used // CELLS * size
    number_marked = np.bincount(cell, is_marked, CELLS**2)[used]
    return {
        "west": west.tolist(),
        "north": north.tolist(),
        "east": (west + size).tolist(),
        "south": (north + size).tolist(),
        "parcels": parcels[used].tolist(),
        "area_ha": np.bincount(cell, area_ha, CELLS**2)[used].tolist(),
        "class": by_class[used].argmax(axis=1).tolist(),
        "share": (number_marked / parcels[used]).tolist(),
    }
