"""Blocks: the parcels of a tile along a Hilbert curve, in pieces of 992.

Neighbours share a block, so a task reads and writes few blocks, and 992 values fill the two pieces
of 1,996 bytes that TOAST cuts their array into. Seasons of before have blocks of 984.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from dias_cbm.db.connection import Connection

BLOCK_PARCELS = 992


@dataclass(frozen=True, slots=True)
class Slots:
    """The places of k parcels in blocks.

    :param blk: int32[k], number of the block in the season, from 1.
    :param pos: int16[k], array subscript within the block, from 1.
    """

    blk: np.ndarray
    pos: np.ndarray


def cut(tiles: np.ndarray, centres: np.ndarray) -> Slots:
    """Cut the parcels of a season into blocks; each block has parcels of one tile only.

    Parcels at the same place keep their order.

    :param tiles: home tile of k parcels.
    :param centres: float64[k, 2], longitude and latitude.
    """
    count = len(tiles)
    if not count:
        return Slots(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int16))
    order = np.lexsort((_hilbert(centres), tiles))
    _, starts, sizes = np.unique(tiles[order], return_index=True, return_counts=True)
    rank = np.arange(count) - np.repeat(starts, sizes)
    blocks_before = np.concatenate(([0], np.cumsum(-(-sizes // BLOCK_PARCELS))[:-1]))
    blk, pos = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int16)
    blk[order] = np.repeat(blocks_before, sizes) + rank // BLOCK_PARCELS + 1
    pos[order] = rank % BLOCK_PARCELS + 1
    return Slots(blk, pos)


def _hilbert(centres: np.ndarray) -> np.ndarray:
    """Distance along a Hilbert curve through the extent of all points."""
    import geopandas  # imported here: extraction reads blocks and must not pay for its memory

    low, high = centres.min(axis=0), centres.max(axis=0)
    span = np.maximum(high - low, 1e-9)  # one parcel has no extent
    points = geopandas.GeoSeries(shapely.points(centres))
    return points.hilbert_distance((*low, *(low + span)), level=16).to_numpy()


def write(
    connection: Connection,
    season: int,
    pids: Sequence[str],
    tiles: np.ndarray,
    slots: Slots,
    bounds: np.ndarray,
) -> None:
    """Write the blocks and slots of a season's k parcels.

    :param bounds: float64[k, 4], west, south, east and north of each parcel in degrees.
    """
    order = np.argsort(slots.blk, kind="stable")
    numbers, starts, sizes = np.unique(slots.blk[order], return_index=True, return_counts=True)
    low = np.minimum.reduceat(bounds[order, :2], starts)
    high = np.maximum.reduceat(bounds[order, 2:], starts)
    extents = shapely.set_srid(shapely.box(*low.T, *high.T), 4326)
    columns = (
        numbers.tolist(),
        tiles[order][starts].tolist(),
        sizes.tolist(),
        shapely.to_wkb(extents, hex=True, include_srid=True),
    )
    copy_block = "copy parcel_block (season, blk, tile, parcels, extent) from stdin"
    with connection.cursor() as cursor, cursor.copy(copy_block) as copy:
        for row in zip(*columns, strict=True):
            copy.write_row((season, *row))
    copy_slot = "copy parcel_slot (season, pid, tile, blk, pos) from stdin"
    slot = (pids, tiles.tolist(), slots.blk.tolist(), slots.pos.tolist())
    with connection.cursor() as cursor, cursor.copy(copy_slot) as copy:
        for row in zip(*slot, strict=True):
            copy.write_row((season, *row))
