"""Places of a season's parcels, as arrays that tiles are cut from.

A parcel's place is ``(blk - 1) * BLOCK_PARCELS + pos - 1``: the arrays of its block lie in one
piece. A block of a season of before has 984 parcels, and leaves eight places free.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import array_cursor
from dias_cbm.db.queries import query
from dias_cbm.geometry import arc
from dias_cbm.parcels.blocks import BLOCK_PARCELS

#: Class of a place without a parcel, and of a parcel that a filter hides.
HIDDEN = 255


@dataclass(frozen=True, slots=True)
class Places:
    """The places of a season; n of them, some without a parcel.

    :param there: bool[n], there is a parcel.
    :param x: float32[n], of its centre in Web Mercator, from 0 in the west to 1 in the east.
    :param y: float32[n], from 0 in the north to 1 in the south.
    :param area_ha: float32[n].
    :param tiles: MGRS tile -> numbers of its blocks.
    :param extent: west, south, east and north of the centres in degrees; east is beyond 180 where
        they lie on both sides of the antimeridian.
    """

    there: np.ndarray
    x: np.ndarray
    y: np.ndarray
    area_ha: np.ndarray
    tiles: dict[str, list[int]]
    extent: tuple[float, float, float, float]

    def __len__(self) -> int:
        return len(self.there)


def read(connection: Connection, season: int) -> Places:
    """Read the places of a season; some 0.5 s for 100,000 parcels."""
    rows = array_cursor(connection).execute(query("window/places"), {"season": season}).fetchall()
    size = BLOCK_PARCELS * max((row.blk for row in rows), default=0)
    there = np.zeros(size, bool)
    longitude, latitude, area_ha = (np.zeros(size, np.float32) for _ in range(3))
    tiles: dict[str, list[int]] = {}
    for row in rows:
        place = places_of(row.blk, row.pos)
        there[place] = True
        longitude[place], latitude[place] = row.longitude, row.latitude
        area_ha[place] = row.area_ha
        tiles.setdefault(row.tile, []).append(row.blk)
    x, y = mercator(longitude, latitude)
    return Places(there, x, y, area_ha, tiles, _extent(longitude[there], latitude[there]))


def first_place(blk: int) -> int:
    """The place of the first parcel of a block."""
    return (blk - 1) * BLOCK_PARCELS


def places_of(blk: int, positions: np.ndarray) -> np.ndarray:
    """The places of parcels of a block, by their positions in it.

    :param positions: int16[n], from 1: too small a type for places.
    :returns: int64[n].
    """
    return first_place(blk) - 1 + positions.astype(np.int64)


def mercator(longitude: np.ndarray, latitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Degrees to Web Mercator, 0 to 1 from the north-west.

    Formula: https://wiki.openstreetmap.org/wiki/Slippy_map_tilenames
    """
    x = longitude / 360.0 + 0.5
    y = 0.5 - np.arcsinh(np.tan(np.radians(latitude, dtype=np.float64))) / (2 * np.pi)
    return x.astype(np.float32), y.astype(np.float32)


def _extent(longitude: np.ndarray, latitude: np.ndarray) -> tuple[float, float, float, float]:
    if not len(longitude):
        return (-180.0, -85.0, 180.0, 85.0)
    west, east = arc(longitude, longitude)
    return (west, float(latitude.min()), east, float(latitude.max()))
