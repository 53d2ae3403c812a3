"""Numbers as files hold them: big endian, with nodata for NaN; and runs of values above 0."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

#: The sign of a float32; without it, all bits above those of infinity are a NaN.
_SIGN, _INFINITY = np.uint32(0x80000000), np.uint32(0x7F800000)


def stored(values: NDArray[np.float32], nodata: float, result: NDArray[np.uint32]) -> None:
    """Turn values into the bits of big-endian float32, and NaN into nodata.

    :param values: float32[rows, columns].
    :param result: uint32[rows, columns], filled with the bits.
    """
    _swap(values.view(np.uint32), np.float32(nodata).view(np.uint32), result)


@njit(cache=True, nogil=True)
def _swap(
    bits: NDArray[np.uint32], nodata: np.uint32, result: NDArray[np.uint32]
) -> None:  # pragma: no cover - compiled
    rows, columns = bits.shape
    for row in range(rows):
        for column in range(columns):
            one = bits[row, column]
            if one & ~_SIGN > _INFINITY:
                one = nodata
            one = np.uint32((one >> 16) | (one << 16))
            result[row, column] = ((one >> 8) & np.uint32(0x00FF00FF)) | (
                (one << 8) & np.uint32(0xFF00FF00)
            )


@njit(cache=True, nogil=True)
def runs_above_zero(values: NDArray[np.float32]) -> NDArray[np.int64]:  # pragma: no cover
    """Row, first column and the one after the last of all runs above 0: int64[runs, 3]."""
    rows, columns = values.shape
    count = 0
    for row in range(rows):
        for column in range(columns):
            if values[row, column] > 0 and not (column and values[row, column - 1] > 0):
                count += 1
    runs = np.empty((count, 3), np.int64)
    at = 0
    for row in range(rows):
        for column in range(columns):
            if not values[row, column] > 0:
                continue
            if not (column and values[row, column - 1] > 0):
                runs[at, 0], runs[at, 1] = row, column
            if column + 1 == columns or not values[row, column + 1] > 0:
                runs[at, 2] = column + 1
                at += 1
    return runs
