"""Undoing the predictors of TIFF (TIFF 6.0, section 14, and Adobe's Technical Note 3), in place."""

from __future__ import annotations

import numba
import numpy as np

NONE, HORIZONTAL, FLOATING_POINT = PREDICTORS = 1, 2, 3


def undo(predictor: int, tile: np.ndarray, samples: int, room: np.ndarray) -> np.ndarray:
    """The numbers of a tile, from those that were stored.

    :param tile: [rows, columns * samples], as decoded; may be written to.
    :param samples: numbers of one pixel.
    :param room: uint8, as many bytes as the tile has; may be written to.
    :returns: the same shape and dtype, in the tile's memory or in ``room``.
    :raises ValueError: a predictor that TIFF does not have.
    """
    if predictor == NONE:
        return tile
    if predictor == HORIZONTAL:
        _add_along(tile.view(f"u{tile.itemsize}"), samples)
        return tile
    if predictor == FLOATING_POINT:
        planes = tile.view(np.uint8)
        _join_planes(planes, samples, room.reshape(planes.shape), tile.itemsize)
        return room.view(tile.dtype).reshape(tile.shape)
    raise ValueError(f"predictor {predictor}")


@numba.njit(cache=True, nogil=True)
def _add_along(rows, samples):  # type: ignore[no-untyped-def]
    """To each number add the one of the pixel before it."""
    for row in rows:
        for sample in range(samples):
            total = row[sample]
            for i in range(sample + samples, row.size, samples):
                total += row[i]
                row[i] = total


@numba.njit(cache=True, nogil=True)
def _join_planes(planes, samples, numbers, size):  # type: ignore[no-untyped-def]
    """Add along rows of bytes, and put those of a number together: its highest came first."""
    count = planes.shape[1] // size
    for row in range(planes.shape[0]):
        for sample in range(samples):
            total = np.uint8(0)
            for byte in range(size):
                to = size - 1 - byte
                for i in range(sample, count, samples):
                    total += planes[row, byte * count + i]
                    numbers[row, i * size + to] = total
