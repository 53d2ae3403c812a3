"""Gathering of pixels: from a window to the slots of its parcels.

Positions in a slot depend only on the parcel's runs, row by row, so neither the windows nor their
order can change what is computed from them.
"""

from __future__ import annotations

import numba
import numpy as np

#: Classes of Sentinel-2's scene classification, and one more for values that are not a class.
SCL_CLASSES = 12


@numba.njit(cache=True, nogil=True)
def extents(columns, lengths, offsets):  # type: ignore[no-untyped-def]
    """The first column of each parcel, and the one after its last: int32[2, k]."""
    result = np.zeros((2, offsets.size - 1), np.int32)
    for parcel in range(offsets.size - 1):
        first, end = np.iinfo(np.int32).max, 0
        for span in range(offsets[parcel], offsets[parcel + 1]):
            first = min(first, columns[span])
            end = max(end, columns[span] + lengths[span])
        result[0, parcel], result[1, parcel] = first, end
    return result


@numba.njit(cache=True, nogil=True)
def gather(pixels, area, spans, offsets, reach, parcels, cursor, slots, values, mask):  # type: ignore[no-untyped-def]
    """Copy the pixels of a window to their positions in their parcels' slots.

    :param pixels: float[bands, rows, columns], the window.
    :param area: its first row, the row after its last, its first column, the column after its last.
    :param spans: row, column and length of all spans.
    :param offsets: int64[k + 1], each parcel's spans.
    :param reach: int32[2, a], the first column of each parcel and the one after its last.
    :param parcels: int64[a], those that may have pixels in the window.
    :param cursor: int64[2, k], the first span of each parcel that is not above the window's first
        row, and the number of pixels in the spans above it.
    :param slots: int64[a], where each parcel's pixels begin in ``values``.
    :param values: float[bands, capacity]; masked pixels become NaN.
    :param mask: classes uint8[r, c], row and column of the classes for each row and column of the
        window (-1 outside), and which of 256 classes are clear; without rows nothing is masked.
    """
    rows, columns, lengths = spans
    top, end, left, right = area
    masked = mask[1].size > 0
    for a in range(parcels.size):
        if reach[0, a] >= right or reach[1, a] <= left:
            continue
        parcel = parcels[a]
        for band in range(pixels.shape[0]):
            target = values[band]
            place = slots[a] + cursor[1, parcel]
            for span in range(cursor[0, parcel], offsets[parcel + 1]):
                if rows[span] >= end:
                    break
                begin = max(columns[span] - left, 0)
                size = min(columns[span] + lengths[span], right) - left - begin
                if size > 0:
                    at = place + begin + left - columns[span]
                    _copy(pixels, band, rows[span] - top, begin, target, at, size)
                    if masked:
                        _hide(target[at : at + size], rows[span] - top, begin, mask)
                place += lengths[span]


@numba.njit(cache=True, nogil=True)
def _copy(pixels, band, row, begin, target, at, size):  # type: ignore[no-untyped-def]
    # Unsigned indices need no test for counting from the end, which in short runs costs as much as
    # the copy.
    layer, line, first, to = np.uint64(band), np.uint64(row), np.uint64(begin), np.uint64(at)
    for i in range(np.uint64(size)):
        target[to + i] = pixels[layer, line, first + i]


@numba.njit(cache=True, nogil=True)
def _hide(target, row, begin, mask):  # type: ignore[no-untyped-def]
    """Set the unclear pixels of a run to NaN."""
    classes, class_row, class_column, clear = mask
    for i in range(target.size):
        column = class_column[begin + i]
        if class_row[row] < 0 or column < 0 or not clear[classes[class_row[row], column]]:
            target[i] = np.nan


@numba.njit(cache=True, nogil=True)
def spread(shares, lengths, offsets, parcels, slots, weights):  # type: ignore[no-untyped-def]
    """Write the weight of each pixel of some parcels to its position.

    :param shares: float32[m], the weight of each span's pixels.
    :param weights: float32[1, capacity].
    """
    for a in range(parcels.size):
        place = slots[a]
        for span in range(offsets[parcels[a]], offsets[parcels[a] + 1]):
            for _ in range(lengths[span]):
                weights[0, place] = shares[span]
                place += 1


@numba.njit(cache=True, nogil=True)
def advance(rows, lengths, offsets, parcels, end, cursor):  # type: ignore[no-untyped-def]
    """Advance the cursors of parcels to their first spans at row ``end`` or below."""
    for a in range(parcels.size):
        parcel = parcels[a]
        span = cursor[0, parcel]
        while span < offsets[parcel + 1] and rows[span] < end:
            cursor[1, parcel] += lengths[span]
            span += 1
        cursor[0, parcel] = span


@numba.njit(cache=True, nogil=True)
def move(values, slots, sizes, new_values, new_slots):  # type: ignore[no-untyped-def]
    """Move the pixels of slots to new slots, in the same array or another.

    Slots keep their order and only move towards the front, so none is overwritten.

    :param slots: int64[s], where they begin; ``sizes``: int64[s], how many pixels to move.
    :param new_slots: int64[s or more].
    """
    for layer in range(values.shape[0]):
        for i in range(slots.size):
            first, to = np.uint64(slots[i]), np.uint64(new_slots[i])
            for j in range(np.uint64(sizes[i])):
                new_values[layer, to + j] = values[layer, first + j]


@numba.njit(cache=True, nogil=True)
def count_classes(stripe, area, spans, offsets, parcels, cursor, counts):  # type: ignore[no-untyped-def]
    """Count the classes of a stripe's pixels, per parcel.

    :param stripe: uint8[rows, columns].
    :param counts: int64[k, 13], increased; the last is for values that are not a class.
    """
    rows, columns, lengths = spans
    top, end, left = area
    for a in range(parcels.size):
        parcel = parcels[a]
        while cursor[parcel] < offsets[parcel + 1] and rows[cursor[parcel]] < end:
            span = cursor[parcel]
            first = columns[span] - left
            for column in range(first, first + lengths[span]):
                value = stripe[rows[span] - top, column]
                counts[parcel, min(value, SCL_CLASSES)] += 1
            cursor[parcel] += 1
