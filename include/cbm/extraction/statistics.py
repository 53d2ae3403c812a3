"""The numbers of a signature, computed from a parcel's pixels.

count, mean, std (population), min, max and the percentiles 25, 50, 75 (numpy's linear definition:
the value at position ``q * (n - 1)`` of the sorted pixels, interpolated). The pixels are float32 or
float64; sums are float64, and the deviations are summed about the mean, so that nothing cancels.
"""

from __future__ import annotations

import numba
import numpy as np

STATISTICS = ("count", "mean", "std", "min", "max", "p25", "p50", "p75")
COUNT, MEAN, STD, MIN, MAX, P25, P50, P75 = range(len(STATISTICS))

#: Classes of Sentinel-2's scene classification, and one place more for values that are no class.
SCL_CLASSES = 12

# Below this size a selection ends by sorting.
_SMALL = 24

# Above this size a parcel's pixels are narrowed down to those about the quartiles, by bins.
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
def gather(  # type: ignore[no-untyped-def]
    stack,
    area,
    spans,
    offsets,
    parcels,
    cursor,
    slots,
    filled,
    values,
    nodata,
    mask,
    shares,
    weights,
):
    """Collect the valid pixels of a stripe, each parcel's behind those it has already.

    A pixel is valid if it is finite, not the band's nodata, and clear in the mask.

    :param stack: float[bands, rows, columns], the stripe's pixels.
    :param area: the stripe's first row, the row after its last, and its first column.
    :param spans: row, column and length of all spans.
    :param offsets: int64[k + 1], each parcel's spans.
    :param parcels: int64[a], the parcels that have pixels in the stripe.
    :param cursor: int64[k], the next span of each parcel; moved on.
    :param slots: int64[a], where each parcel's pixels begin in ``values``.
    :param filled: int64[bands, a], how many valid pixels each has; increased.
    :param values: float[bands, capacity].
    :param nodata: float[bands]; NaN for none.
    :param mask: classes uint8[r, c], row and column of the classes for each row and column of the
        stripe (-1 outside), and which of 256 classes are clear; no rows: nothing is masked.
    :param shares: float32[m], the weight of each span's pixels; empty for none.
    :param weights: float32, of the shape of ``values``: the weight of each; empty for none.
    """
    rows, columns, lengths = spans
    classes, class_row, class_column, clear = mask
    if class_row.size == 0 and shares.size == 0:
        _gather_all(stack, area, spans, offsets, parcels, cursor, slots, filled, values, nodata)
        return
    top, end, left = area
    for a in range(parcels.size):
        parcel = parcels[a]
        while cursor[parcel] < offsets[parcel + 1] and rows[cursor[parcel]] < end:
            span = cursor[parcel]
            row = rows[span] - top
            first = columns[span] - left
            for band in range(stack.shape[0]):
                place = slots[a] + filled[band, a]
                missing = nodata[band]
                if class_row.size == 0:
                    for column in range(first, first + lengths[span]):
                        value = stack[band, row, column]
                        values[band, place] = value
                        place += (value - value == 0) & (value != missing)
                elif class_row[row] >= 0:
                    for column in range(first, first + lengths[span]):
                        value = stack[band, row, column]
                        values[band, place] = value
                        if class_column[column] >= 0:
                            seen = clear[classes[class_row[row], class_column[column]]]
                            place += (value - value == 0) & (value != missing) & seen
                if shares.size:
                    for valid in range(slots[a] + filled[band, a], place):
                        weights[band, valid] = shares[span]
                filled[band, a] = place - slots[a]
            cursor[parcel] += 1


@numba.njit(cache=True, nogil=True)
def _gather_all(stack, area, spans, offsets, parcels, cursor, slots, filled, values, nodata):  # type: ignore[no-untyped-def]
    """As :func:`gather`, with neither mask nor weights: runs are copied whole, then sifted."""
    rows, columns, lengths = spans
    top, end, left = area
    for a in range(parcels.size):
        begin = after = cursor[parcels[a]]
        size = 0
        while after < offsets[parcels[a] + 1] and rows[after] < end:
            size += lengths[after]
            after += 1
        for band in range(stack.shape[0]):
            first = slots[a] + filled[band, a]
            pixels = values[band, first : first + size]
            place = 0
            for span in range(begin, after):
                length = lengths[span]
                column = columns[span] - left
                source = stack[band, rows[span] - top][column : column + length]
                target = pixels[place : place + length]
                for i in range(length):
                    target[i] = source[i]
                place += length
            filled[band, a] += _keep_valid(pixels, nodata[band])
        cursor[parcels[a]] = after


@numba.njit(cache=True, nogil=True)
def _keep_valid(pixels, missing):  # type: ignore[no-untyped-def]
    """Bring the pixels that are finite and not ``missing`` to the front; how many they are."""
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
def move(values, slots, filled, new_values, new_slots):  # type: ignore[no-untyped-def]
    """Move the pixels of slots to new ones, in the same array or another.

    Slots keep their order and only move towards the front, so that none is overwritten.

    :param slots: int64[s], and ``filled``: int64[layers, s], as of :func:`gather`.
    :param new_slots: int64[s or more].
    """
    for layer in range(values.shape[0]):
        for i in range(slots.size):
            for j in range(filled[layer, i]):
                new_values[layer, new_slots[i] + j] = values[layer, slots[i] + j]


@numba.njit(cache=True, nogil=True)
def count_classes(stripe, area, spans, offsets, parcels, cursor, counts):  # type: ignore[no-untyped-def]
    """Count the classes of a stripe's pixels, per parcel.

    :param stripe: uint8[rows, columns].
    :param counts: int64[k, 13], increased; the last is for values that are no class.
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


@numba.njit(cache=True, nogil=True)
def summarise(values, slots, filled, places, parcels, result):  # type: ignore[no-untyped-def]
    """Statistics of parcels whose pixels are complete; overwrites their values.

    :param values: float[bands, capacity].
    :param slots: int64[a], and ``filled``: int64[bands, a], as of :func:`gather`.
    :param places: int64[d], which of the a to take; ``parcels``: int64[d], their numbers.
    :param result: float64[bands, k, 8]; written.
    """
    largest = 0
    for d in range(places.size):
        for band in range(values.shape[0]):
            largest = max(largest, filled[band, places[d]])
    bins = np.empty(largest, np.uint8)
    counts, kept = np.empty(_BINS, np.int64), np.empty(_BINS, np.uint8)
    positions = np.empty(3, np.int64)
    for d in range(places.size):
        a = places[d]
        for band in range(values.shape[0]):
            n = filled[band, a]
            pixels = values[band, slots[a] : slots[a] + n]
            _describe(pixels, (bins[:n], counts, kept, positions), result[band, parcels[d]])


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


# Reordered for vector units, which these sums bear: the pixels are finite, the squares positive.
@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "nnan", "nsz"})
def _total_and_ends(pixels):  # type: ignore[no-untyped-def]
    """The sum, the lowest and the highest."""
    total = 0.0
    lowest = highest = pixels[0]
    for i in range(pixels.size):
        total += pixels[i]
        lowest = min(lowest, pixels[i])
        highest = max(highest, pixels[i])
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
    """The quartiles, best found if they lie between ``first`` and ``last``.

    :param room: to work in: uint8[n], int64[bins], uint8[bins] and int64[3].
    """
    bins, counts, kept, positions = room
    # Where the quartiles stand among the sorted pixels, in quarters of a place.
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
    """Give each pixel a bin, of equal ones from ``first`` to ``last``; the outermost are open.

    A larger value never has a lower bin, however its arithmetic is rounded.

    :returns: False if there is no width to divide, or none that float32 can.
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
    """Bring to the front what sorting would put at three positions and right behind each.

    The bins that hold them are kept whole; the other pixels are lost.

    :param positions: rising; become those among the pixels kept.
    :returns: how many are kept.
    """
    counts[:] = 0
    kept[:] = 0
    for i in range(bins.size):
        counts[bins[i]] += 1
    current = -1
    end = size = 0  # pixels up to the current bin's end, and how many of them are kept
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
        if kept[bins[i]]:  # few are: a branch foreseen is cheaper than storing each
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
    """Bring the values below the pivot (or equal, if asked) to the front; without a branch."""
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
        else:  # the pivot is the smallest: set its equals aside
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
