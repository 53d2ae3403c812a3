"""Border noise of images that ESA's processor made before version 2.9.

Pixels outside the acquired swath should be 0, but hold a little noise in these images. From each
border inwards, pixels are removed until one rises above its thermal noise: SNAP's rule, with its
limit of 500 pixels and its threshold of 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from rasterio.io import DatasetReader
from rasterio.windows import Window

from dias_cbm.card.sar.luts import Noise

Indices = NDArray[np.int64]

#: The first version without the defect.
CLEAN_SINCE = (2, 90)
LIMIT = 500
THRESHOLD = 0.5
_ROWS_AT_ONCE = 2048


@dataclass(frozen=True, slots=True)
class Borders:
    """The number of pixels to remove at each end of each line and each column."""

    left: Indices
    right: Indices
    top: Indices
    bottom: Indices

    def mask(self, row: int, column: int, height: int, width: int) -> NDArray[np.bool_]:
        """True for the pixels of a block that are border noise."""
        rows = np.arange(row, row + height)
        columns = np.arange(column, column + width)
        last_row, last_column = len(self.left) - 1, len(self.top) - 1
        left, right = self.left[rows], last_column - self.right[rows]
        top, bottom = self.top[columns], last_row - self.bottom[columns]
        across = (columns < left[:, None]) | (columns > right[:, None])
        return across | (rows[:, None] < top) | (rows[:, None] > bottom)


def find_borders(dataset: DatasetReader, noise: Noise) -> Borders:
    """The noisy borders of an image.

    :param dataset: its amplitudes.
    """
    height, width = dataset.height, dataset.width
    across, along = min(LIMIT, width), min(LIMIT, height)
    left, right = np.zeros(height, np.int64), np.zeros(height, np.int64)
    for row in range(0, height, _ROWS_AT_ONCE):
        rows = min(_ROWS_AT_ONCE, height - row)
        block = slice(row, row + rows)
        left[block] = _noisy(_above(dataset, noise, row, 0, rows, across))
        right[block] = _noisy(_above(dataset, noise, row, width - across, rows, across)[:, ::-1])
    top = _noisy(_above(dataset, noise, 0, 0, along, width).T)
    bottom = _noisy(_above(dataset, noise, height - along, 0, along, width)[::-1].T)
    return Borders(left, right, top, bottom)


def _above(
    dataset: DatasetReader, noise: Noise, row: int, column: int, height: int, width: int
) -> NDArray[np.bool_]:
    """Where the image rises above its thermal noise."""
    amplitude = dataset.read(1, window=Window(column, row, width, height)).astype(np.float32)
    return amplitude**2 - noise.block(row, column, height, width) > THRESHOLD**2


@numba.njit(cache=True, nogil=True)
def _noisy(above: NDArray[np.bool_]) -> Indices:  # pragma: no cover - compiled
    """For each row the number of pixels before the first one above the noise."""
    counts = np.empty(above.shape[0], np.int64)
    for row in range(above.shape[0]):
        count = 0
        while count < above.shape[1] and not above[row, count]:
            count += 1
        counts[row] = count
    return counts
