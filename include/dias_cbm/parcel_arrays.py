"""The parcels of a tile as flat arrays, read from the database."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from psycopg.rows import tuple_row

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.geometry import flatten, shrink


@dataclass(frozen=True, slots=True)
class TileParcels:
    """The k parcels of a tile as flat arrays, in order of block and position.

    :param coordinates: float64[n, 2], x and y of every ring vertex, in the CRS ``srid``.
    :param ring_offsets: int64[r + 1]; ring i is ``coordinates[ring_offsets[i]:ring_offsets[i+1]]``.
    :param parcel_ring_offsets: int64[k + 1]; parcel j has the rings from ``[j]`` to ``[j + 1]``.
    :param blk: int32[k], block.
    :param pos: int16[k], array subscript within the block, from 1.
    :param pid: k parcel identifiers.
    :param srid: EPSG code of the season's CRS.
    :param vanished: bool[k], nothing remains of it inside the inner buffer.
    """

    coordinates: np.ndarray
    ring_offsets: np.ndarray
    parcel_ring_offsets: np.ndarray
    blk: np.ndarray
    pos: np.ndarray
    pid: list[str]
    srid: int
    vanished: np.ndarray


def coordinates(
    connection: Connection, season: int, tile: str, *, inner_buffer_m: float = 0.0
) -> TileParcels:
    """Read the parcels of a tile.

    :param inner_buffer_m: by how much to shrink them.
    :returns: empty arrays for a tile without parcels.
    :raises SettingsError: a buffer is set, and the season's CRS is in degrees.
    """
    row = connection.execute(query("parcels/srid"), {"season": season}).fetchone()
    with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
        rows = cursor.execute(query("parcels/tile"), {"season": season, "tile": tile}).fetchall()
    blk, pos, pid, wkb = zip(*rows, strict=True) if rows else ((), (), (), ())
    geometries = shapely.from_wkb(np.array(wkb, dtype=object))
    vanished = np.zeros(len(geometries), dtype=bool)
    if inner_buffer_m and len(geometries) and row is not None:
        geometries, vanished = shrink(geometries, inner_buffer_m, row.srid)
    rings = flatten(geometries)
    return TileParcels(
        coordinates=rings.coordinates,
        ring_offsets=rings.ring_offsets,
        parcel_ring_offsets=rings.parcel_ring_offsets,
        blk=np.array(blk, dtype=np.int32),
        pos=np.array(pos, dtype=np.int16),
        pid=list(pid),
        srid=0 if row is None else row.srid,
        vanished=vanished,
    )
