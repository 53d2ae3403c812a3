"""Writing of an image that has values in a part of its pixels: run by run along its rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dias_cbm.products.writers import ProductWriter


def write_runs(
    writer: ProductWriter,
    bands: Sequence[str],
    layers: NDArray[np.float32],
    corner: tuple[int, int],
) -> None:
    """Write the values above 0; what the product has elsewhere stays.

    :param layers: float32[bands, rows, columns].
    :param corner: row and column of the first pixel in the product.
    """
    top, left = corner
    for band, layer in zip(bands, layers, strict=True):
        for row, start, stop in _runs(layer).tolist():
            writer.write(band, top + row, left + start, layer[row : row + 1, start:stop])


@njit(cache=True, nogil=True)
def _runs(values: NDArray[np.float32]) -> NDArray[np.int64]:  # pragma: no cover - compiled
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
