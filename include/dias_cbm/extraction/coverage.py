"""Rasterise polygons by exact coverage: each pixel with the share of it that a parcel covers.

The shares come from signed areas, as in font rasterisers. Along a row, an edge that falls by ``dy``
adds ``dy`` times the part of a pixel right of it, and ``dy`` to every pixel further right; the sum
over a closed ring is the area inside. Shells and holes run in opposite directions (see
:func:`dias_cbm.geometry.flatten`), so that holes subtract; parts that share a pixel add up.

The shares agree with exactextract, which follows each polygon through each pixel, to rounding.
"""

from __future__ import annotations

import numba
import numpy as np
from affine import Affine

from dias_cbm.extraction.spans import Spans, check_finite, scan_arguments
from dias_cbm.geometry import FlatRings

#: Shares nearer to 0 or 1 than this are 0 or 1: the difference is rounding of the sums.
TOLERANCE = 1e-9

# Pixels of a parcel's bounding box processed at a time: 2 MB of sums.
_AT_A_TIME = 1 << 18


def build_coverage(rings: FlatRings, transform: Affine, width: int, height: int) -> Spans:
    """The pixels that each parcel touches, with the share covered, clipped to the grid.

    Fully covered pixels form runs; every other pixel is a run of its own.

    :param rings: parcels in the grid's CRS, of one orientation as :func:`dias_cbm.geometry.flatten`
        gives them.
    :param transform: of the grid; not rotated.
    :param width: columns of the grid.
    :param height: rows of the grid.
    :raises ExtractionFailed: a coordinate is not a finite number; names the parcel's position.
    """
    check_finite(rings)
    runs, weight, offsets, inside = _scan(*scan_arguments(rings, transform, width, height))
    row, column, length = runs[:, : offsets[-1]]
    return Spans(row, column, length, offsets, inside, weight[: offsets[-1]])


@numba.njit(cache=True, nogil=True)
def _scan(coordinates, ring_offsets, parcel_rings, largest, to_column, to_row, width, height):  # type: ignore[no-untyped-def]
    parcels = parcel_rings.size - 1
    offsets = np.zeros(parcels + 1, np.int64)
    inside = np.zeros(parcels, np.bool_)
    runs = np.empty((3, max(1024, 4 * coordinates.shape[0])), np.int32)
    weight = np.empty(runs.shape[1], np.float32)
    used = 0
    x, y = np.empty(largest), np.empty(largest)
    sums = np.zeros(_AT_A_TIME)
    extent = np.empty((2, 1024), np.int64)
    for parcel in range(parcels):
        rings = ring_offsets[parcel_rings[parcel] : parcel_rings[parcel + 1] + 1]
        if rings.size > 1:
            vertices = coordinates[rings[0] : rings[-1]]
            box, inside[parcel] = _to_pixels(vertices, to_column, to_row, width, height, x, y)
            if inside[parcel]:
                left, top, right, bottom = box
                stride = right - left + 2  # two more columns, for edges right of the last
                rows = max(1, min(bottom - top, _AT_A_TIME // stride))
                if rows * stride > sums.size:
                    sums = np.zeros(rows * stride)
                if rows > extent.shape[1]:
                    extent = np.empty((2, rows), np.int64)
                for first in range(top, bottom, rows):
                    part = (left, first, right, min(first + rows, bottom))
                    _add_rings(x, y, rings, part, sums, extent)
                    needed = used + _touched(extent, part[3] - first)
                    if needed > runs.shape[1]:
                        runs, weight = _grown(runs, weight, used, 2 * needed)
                    used = _emit(part, sums, extent, runs, weight, used)
        offsets[parcel + 1] = used
    return runs, weight, offsets, inside


@numba.njit(cache=True, nogil=True)
def _to_pixels(vertices, to_column, to_row, width, height, x, y):  # type: ignore[no-untyped-def]
    """Write columns and rows of vertices to x and y, and find the pixels of their bounding box.

    :returns: first column and row, column and row after the last, and whether any is in the grid.
    """
    west = north = np.inf
    east = south = -np.inf
    for i in range(vertices.shape[0]):
        x[i] = to_column[0] + vertices[i, 0] * to_column[1]
        y[i] = to_row[0] + vertices[i, 1] * to_row[1]
        west, east = min(west, x[i]), max(east, x[i])
        north, south = min(north, y[i]), max(south, y[i])
    if not (east > 0 and south > 0 and west < width and north < height):
        return (0, 0, 0, 0), False
    left, top = int(max(0.0, np.floor(west))), int(max(0.0, np.floor(north)))
    right = int(min(float(width), np.ceil(east)))
    bottom = int(min(float(height), np.ceil(south)))
    return (left, top, right, bottom), True


@numba.njit(cache=True, nogil=True)
def _add_rings(x, y, rings, part, sums, extent):  # type: ignore[no-untyped-def]
    """Add the edges of a parcel to the sums of a part of its box, row by row.

    :param part: left, top, right, bottom.
    :param sums: float64[rows * (columns + 2)], initially zero.
    :param extent: first column touched in each row, and the one after the last; set here.
    """
    left, top, right, bottom = part
    width = right - left
    for row in range(bottom - top):
        extent[0, row], extent[1, row] = width, 0
    for ring in range(rings.size - 1):
        for i in range(rings[ring] - rings[0] + 1, rings[ring + 1] - rings[0]):
            x0, y0, x1, y1 = x[i - 1] - left, y[i - 1] - top, x[i] - left, y[i] - top
            if y0 == y1:
                continue
            sign = 1.0
            if y0 > y1:
                x0, y0, x1, y1, sign = x1, y1, x0, y0, -1.0
            slope = (x1 - x0) / (y1 - y0)
            first = int(max(0.0, np.floor(y0)))
            end = int(min(float(bottom - top), np.ceil(y1)))
            low, high = min(x0, x1), max(x0, x1)
            for row in range(first, end):
                upper, lower = max(float(row), y0), min(row + 1.0, y1)
                # Clamped to the edge's ends, because rounding may exceed them.
                from_x = min(max(x0 + (upper - y0) * slope, low), high)
                to_x = min(max(x0 + (lower - y0) * slope, low), high)
                _add_piece(sums, extent, row, width, from_x, to_x, sign * (lower - upper))


@numba.njit(cache=True, nogil=True)
def _add_piece(sums, extent, row, width, from_x, to_x, fall):  # type: ignore[no-untyped-def]
    """Add a piece of an edge within one row, cut at the grid's sides.

    A part left of the grid counts for the whole row; a part right of it counts for nothing.
    """
    low, high = min(from_x, to_x), max(from_x, to_x)
    if low < 0 or high > width:
        run = high - low
        if run > 0:
            beyond_left = min(max(-low / run, 0.0), 1.0)
            beyond_right = min(max((high - width) / run, 0.0), 1.0)
        else:
            beyond_left, beyond_right = (1.0, 0.0) if low < 0 else (0.0, 1.0)
        if beyond_left > 0:
            sums[row * (width + 2)] += fall * beyond_left
            extent[0, row], extent[1, row] = 0, max(extent[1, row], 1)
        if beyond_right > 0:
            extent[1, row] = width
        fall *= max(0.0, 1.0 - beyond_left - beyond_right)
        low, high = max(low, 0.0), min(high, float(width))
        if fall == 0.0:
            return
    _add_within(sums, extent, row, width, low, high, fall)


@numba.njit(cache=True, nogil=True)
def _add_within(sums, extent, row, width, low, high, fall):  # type: ignore[no-untyped-def]
    """Add a piece of an edge from column position ``low`` to ``high``, both in the grid.

    The sums are differences along the row: each pixel's value minus that of the one before it.
    """
    first, last = int(low), int(np.ceil(high))
    base = row * (width + 2)
    extent[0, row] = min(extent[0, row], first)
    extent[1, row] = max(extent[1, row], min(max(last, first + 1), width))
    if last <= first + 1:
        right_of = 1.0 - (0.5 * (low + high) - first)
        sums[base + first] += fall * right_of
        sums[base + first + 1] += fall * (1.0 - right_of)
        return
    per_column = fall / (high - low)
    before = 0.0
    for column in range(first, last):
        begin, end = max(low, float(column)), min(high, column + 1.0)
        # The edge's fall in the pixels before counts fully; its fall in this pixel counts by the
        # mean share of the pixel right of the edge.
        above = per_column * (begin - low)
        own = per_column * (end - begin) * (column + 1.0 - 0.5 * (begin + end))
        sums[base + column] += above + own - before
        before = above + own
    sums[base + last] += fall - before


@numba.njit(cache=True, nogil=True)
def _touched(extent, rows):  # type: ignore[no-untyped-def]
    touched = 0
    for row in range(rows):
        touched += max(0, extent[1, row] - extent[0, row])
    return touched


@numba.njit(cache=True, nogil=True)
def _emit(part, sums, extent, runs, weight, used):  # type: ignore[no-untyped-def]
    """Append the runs of a part of a parcel's box, and clear its sums."""
    left, top, right, bottom = part
    stride = right - left + 2
    for row in range(bottom - top):
        base = row * stride
        share = 0.0
        whole = False  # the previous run is of whole pixels and ends here
        for column in range(extent[0, row], extent[1, row]):
            share += sums[base + column]
            sums[base + column] = 0.0
            covered = abs(share)
            if covered > 1.0 - TOLERANCE:
                if whole:
                    runs[2, used - 1] += 1
                    continue
                covered = 1.0
            whole = covered == 1.0
            if covered > TOLERANCE:
                runs[0, used], runs[1, used], runs[2, used] = top + row, left + column, 1
                weight[used] = covered
                used += 1
        sums[base + extent[1, row]] = sums[base + extent[1, row] + 1] = 0.0
    return used


@numba.njit(cache=True, nogil=True)
def _grown(runs, weight, used, size):  # type: ignore[no-untyped-def]
    grown, grown_weight = np.empty((3, size), runs.dtype), np.empty(size, weight.dtype)
    for j in range(used):
        for i in range(3):
            grown[i, j] = runs[i, j]
        grown_weight[j] = weight[j]
    return grown, grown_weight
