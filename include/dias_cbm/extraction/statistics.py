"""The statistics of a signature, computed from a parcel's pixels.

count, mean, std (population), min, max and the percentiles 25, 50, 75 (numpy's linear definition:
the value at position ``q * (n - 1)`` of the sorted pixels, interpolated). The pixels are float32 or
float64; sums are float64, and deviations are summed about the mean, which avoids cancellation.
"""

from __future__ import annotations

import numba
import numpy as np

from dias_cbm.extraction.machine import higher, lower

STATISTICS = ("count", "mean", "std", "min", "max", "p25", "p50", "p75")
COUNT, MEAN, STD, MIN, MAX, P25, P50, P75 = range(len(STATISTICS))

# Selections of fewer pixels end by sorting.
_SMALL = 24

# Larger parcels are first narrowed down, by bins, to the pixels around the quartiles.
_NARROWED = 64
_BINS = 256

# A quartile is at most root 3 standard deviations from the mean (Cantelli's inequality).
_REACH = 1.74


def scaled(statistics: np.ndarray, scale: float, offset: float) -> np.ndarray:
    """Statistics of ``value * scale + offset``, from those of the stored values.

    :param statistics: float64[..., 8]; scale must be positive.
    """
    result = statistics * scale + offset
    result[..., COUNT] = statistics[..., COUNT]
    result[..., STD] = statistics[..., STD] * scale
    return result


@numba.njit(cache=True, nogil=True)
def summarise(values, slots, sizes, nodata, parcels, result):  # type: ignore[no-untyped-def]
    """Statistics of the valid pixels of parcels; overwrites their values.

    A pixel is valid if it is finite and not the band's nodata.

    :param values: float[bands, capacity].
    :param slots: int64[d], where each parcel's pixels begin; ``sizes``: int64[d], how many.
    :param nodata: float[bands]; NaN for none.
    :param parcels: int64[d], their numbers.
    :param result: float64[bands, k, 8]; written.
    """
    largest = sizes.max() if sizes.size else 0
    bins = np.empty(largest, np.uint8)
    counts, kept = np.empty(_BINS, np.int64), np.empty(_BINS, np.uint8)
    positions = np.empty(3, np.int64)
    for d in range(slots.size):
        for band in range(values.shape[0]):
            pixels = values[band, slots[d] : slots[d] + sizes[d]]
            pixels = pixels[: _keep_valid(pixels, nodata[band])]
            _describe(
                pixels, (bins[: pixels.size], counts, kept, positions), result[band, parcels[d]]
            )


@numba.njit(cache=True, nogil=True)
def _keep_valid(pixels, missing):  # type: ignore[no-untyped-def]
    """Move the pixels that are finite and not ``missing`` to the front; returns their number."""
    invalid = 0
    for i in range(pixels.size):
        value = pixels[i]
        invalid += (value - value != 0) | (value == missing)
    if invalid == 0:
        return pixels.size
    end = 0
    for i in range(pixels.size):
        value = pixels[i]
        pixels[end] = value
        end += (value - value == 0) & (value != missing)
    return end


@numba.njit(cache=True, nogil=True)
def _describe(pixels, room, result):  # type: ignore[no-untyped-def]
    n = pixels.size
    result[COUNT] = n
    if n == 0:
        result[MEAN:] = np.nan
        return
    total, lowest, highest = _total_and_ends(pixels)
    mean = total / n
    deviation = np.sqrt(_squares(pixels, mean) / n)
    result[MEAN] = mean
    result[STD] = deviation
    result[MIN] = lowest
    result[MAX] = highest
    first = max(np.float64(lowest), mean - _REACH * deviation)
    last = min(np.float64(highest), mean + _REACH * deviation)
    _percentiles(pixels, room, first, last, result)


# These sums may be reordered for vector units: the pixels are finite, the squares positive.
@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "nnan", "nsz"})
def _total_and_ends(pixels):  # type: ignore[no-untyped-def]
    """The sum, the lowest and the highest value."""
    total = 0.0
    lowest = highest = pixels[0]
    for i in range(pixels.size):
        total += pixels[i]
        lowest = lower(lowest, pixels[i])
        highest = higher(highest, pixels[i])
    return total, lowest, highest


@numba.njit(cache=True, nogil=True, fastmath={"reassoc"})
def _squares(pixels, mean):  # type: ignore[no-untyped-def]
    """The sum of the squared deviations."""
    total = 0.0
    for i in range(pixels.size):
        deviation = pixels[i] - mean
        total += deviation * deviation
    return total


@numba.njit(cache=True, nogil=True)
def _percentiles(pixels, room, first, last, result):  # type: ignore[no-untyped-def]
    """The quartiles; faster if they lie between ``first`` and ``last``.

    :param room: work space: uint8[n], int64[bins], uint8[bins] and int64[3].
    """
    bins, counts, kept, positions = room
    # Positions of the quartiles among the sorted pixels, in quarters of a position.
    quarters = pixels.size - 1
    for i in range(3):
        positions[i] = (i + 1) * quarters // 4
    if pixels.size > _NARROWED and _assign_bins(pixels, first, last, bins):
        pixels = pixels[: _narrow(pixels, bins, counts, kept, positions)]
    n = pixels.size
    low, middle, high = positions[0], positions[1], positions[2]
    _select(pixels, 0, n, middle)
    if low < middle:
        _select(pixels, 0, middle, low)
    if high > middle:
        _select(pixels, middle + 1, n, high)
    # The next larger value of each lies before the next position that was selected.
    end = high + 1 if high > middle else n
    result[P25] = _interpolate(pixels, low, middle + 1, quarters % 4 / 4)
    result[P50] = _interpolate(pixels, middle, end, 2 * quarters % 4 / 4)
    result[P75] = _interpolate(pixels, high, n, 3 * quarters % 4 / 4)


@numba.njit(cache=True, nogil=True)
def _assign_bins(pixels, first, last, bins):  # type: ignore[no-untyped-def]
    """Assign each pixel to one of equal bins from ``first`` to ``last``; the outermost are open.

    A larger value never gets a lower bin, however the arithmetic is rounded.

    :returns: False if the range is empty, or too narrow to divide in float32.
    """
    width = last - first
    scale = np.float32(_BINS / width if width > 0.0 else 0.0)
    if not 0.0 < scale < np.inf:
        return False
    begin = pixels.dtype.type(first)
    lowest, highest = np.float32(0), np.float32(_BINS - 1)
    for i in range(pixels.size):
        bins[i] = np.uint8(min(max((pixels[i] - begin) * scale, lowest), highest))
    return True


@numba.njit(cache=True, nogil=True)
def _narrow(pixels, bins, counts, kept, positions):  # type: ignore[no-untyped-def]
    """Move to the front the pixels that sorting would put at three positions and right after each.

    The bins that hold them are kept whole; the other pixels are discarded.

    :param positions: ascending; changed to the positions among the pixels kept.
    :returns: the number of pixels kept.
    """
    counts[:] = 0
    kept[:] = 0
    for i in range(bins.size):
        counts[bins[i]] += 1
    current = -1
    end = size = 0  # pixels up to the current bin's end, and those of them kept
    for i in range(3):
        position = positions[i]
        for wanted in range(position, position + 2):
            if wanted >= end:
                while wanted >= end:
                    current += 1
                    end += counts[current]
                kept[current] = 1
                size += counts[current]
            if wanted == position:
                positions[i] -= end - size
    front = 0
    for i in range(bins.size):
        if kept[bins[i]]:  # few are: a predicted branch is cheaper than storing each
            pixels[front] = pixels[i]
            front += 1
    return size


@numba.njit(cache=True, nogil=True)
def _interpolate(pixels, position, end, fraction):  # type: ignore[no-untyped-def]
    value = np.float64(pixels[position])
    if fraction == 0.0:
        return value
    following = pixels[position + 1]
    for i in range(position + 2, end):
        following = min(following, pixels[i])
    return value + (np.float64(following) - value) * fraction


@numba.njit(cache=True, nogil=True)
def _split(pixels, low, high, pivot, with_equal):  # type: ignore[no-untyped-def]
    """Move the values below the pivot (or equal, if asked) to the front, without branching."""
    end = low
    for i in range(low, high):
        value = pixels[i]
        pixels[i] = pixels[end]
        pixels[end] = value
        end += (value < pivot) | (with_equal & (value == pivot))
    return end


@numba.njit(cache=True, nogil=True)
def _select(pixels, low, high, position):  # type: ignore[no-untyped-def]
    """Put at ``position`` what sorting ``pixels[low:high]`` would put there (quickselect)."""
    while high - low > _SMALL:
        first, middle, last = pixels[low], pixels[(low + high) >> 1], pixels[high - 1]
        pivot = max(min(first, middle), min(max(first, middle), last))
        split = _split(pixels, low, high, pivot, False)
        if position < split:
            high = split
        elif split > low:
            low = split
        else:  # the pivot is the smallest: split off its equals
            low = _split(pixels, low, high, pivot, True)
            if position < low:
                return
    for i in range(low + 1, high):
        value = pixels[i]
        j = i
        while j > low and pixels[j - 1] > value:
            pixels[j] = pixels[j - 1]
            j -= 1
        pixels[j] = value
