"""The coarse images that a lossless JPEG 2000 image holds, computed from its pixels.

Such an image is stored tile by tile as a coarse image and what it lacks, several times over, by a
reversible wavelet of 5 and 3 taps (ISO/IEC 15444-1, annex F). Whoever has its pixels need not
decode it again for a coarse image: the wavelet gives the same one, bit for bit.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


def halved(image: NDArray[np.int32]) -> NDArray[np.int32]:
    """The image of half the size, rounded up, as the wavelet has it: down first, then across.

    :param image: one tile of JPEG 2000, or the image of half its size.
    """
    height, width = image.shape
    # A single row or column is its own coarse image.
    if height > 1:
        down = np.empty(((height + 1) // 2, width), np.int32)
        _down(image, down)
        image = down
    if width > 1:
        across = np.empty((len(image), (width + 1) // 2), np.int32)
        _across(image, across)
        image = across
    return image


@njit(cache=True, nogil=True, inline="always")
def _mirrored(place: int, count: int) -> int:
    """A place in a row that goes on mirrored at its first and its last value."""
    place = abs(place)
    return place if place < count else abs(2 * (count - 1) - place)


@njit(cache=True, nogil=True, inline="always")
def _low(before: int, left: int, middle: int, right: int, after: int) -> int:
    """A value at an even place, from itself and two neighbours on each side."""
    return middle + (
        ((left - ((before + middle) >> 1)) + (right - ((middle + after) >> 1)) + 2) >> 2
    )


@njit(cache=True, nogil=True)
def _down(image: np.ndarray, result: np.ndarray) -> None:
    count = len(image)
    for row in range(len(result)):
        before, left = image[_mirrored(2 * row - 2, count)], image[_mirrored(2 * row - 1, count)]
        right, after = image[_mirrored(2 * row + 1, count)], image[_mirrored(2 * row + 2, count)]
        middle = image[2 * row]
        for column in range(image.shape[1]):
            result[row, column] = _low(
                before[column], left[column], middle[column], right[column], after[column]
            )


@njit(cache=True, nogil=True)
def _across(image: np.ndarray, result: np.ndarray) -> None:
    count = image.shape[1]
    for row in range(len(image)):
        values = image[row]
        for column in range(result.shape[1]):
            at = 2 * column
            if 2 <= at < count - 2:
                result[row, column] = _low(
                    values[at - 2], values[at - 1], values[at], values[at + 1], values[at + 2]
                )
            else:
                result[row, column] = _low(
                    values[_mirrored(at - 2, count)],
                    values[_mirrored(at - 1, count)],
                    values[at],
                    values[_mirrored(at + 1, count)],
                    values[_mirrored(at + 2, count)],
                )
