"""Rasterise polygons to runs of pixels, parcel by parcel, by exactly GDAL's pixel-centre rule.

A run (**span**) is a row, a first column and a length. Each parcel has its own spans, so that
overlapping parcels keep all their pixels, which they would not in one label image.

The rule follows ``GDALdllImageFilledPolygon`` (GDAL, alg/llrasterize.cpp), ties included:

- A row is scanned at its centre, ``row + 0.5``; an edge is crossed when ``top <= centre < bottom``.
- Between an odd and the next even crossing lie the columns ``floor(x + 0.5)`` to
  ``floor(x' + 0.5) - 1``: a centre on a left edge is out, on a right edge in.
- A horizontal edge on a row's centre is filled too when it is the lower side of its ring, that is,
  when it runs to the left with the ring turned clockwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from affine import Affine

from dias_cbm.errors import ExtractionFailed
from dias_cbm.geometry import FlatRings

# OGRLineString::isClockwise() treats vertices closer than this as equal (units of the CRS).
_SAME_VERTEX = 1e-5

_NO_EDGES = np.empty((3, 0), np.int32)


@dataclass(frozen=True, slots=True)
class Spans:
    """Pixel runs of k parcels on one grid, by parcel, then row, then column.

    :param row: int32[m].
    :param column: int32[m], the run's first.
    :param length: int32[m], pixels.
    :param offsets: int64[k + 1]; parcel j has the runs from ``offsets[j]`` to ``offsets[j + 1]``.
    :param inside: bool[k]; False where the parcel's bounding box lies outside the grid.
    :param weight: float32[m], the share of each of a run's pixels that the parcel covers; None
        where all pixels count alike.
    """

    row: np.ndarray
    column: np.ndarray
    length: np.ndarray
    offsets: np.ndarray
    inside: np.ndarray
    weight: np.ndarray | None = None

    @property
    def runs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Row, column and length, for the kernels."""
        return self.row, self.column, self.length

    def pixels(self) -> np.ndarray:
        """Pixels per parcel, including those that it barely touches: int64[k]."""
        return _sums(self.length, self.offsets)

    def covered(self) -> np.ndarray:
        """The count per parcel if every pixel were valid: float64[k]."""
        if self.weight is None:
            return self.pixels().astype(np.float64)
        return _weighted_sums(self.length, self.weight, self.offsets)


def build_spans(rings: FlatRings, transform: Affine, width: int, height: int) -> Spans:
    """The pixels whose centres lie in each parcel, clipped to the grid.

    All rings of a parcel are filled together by the even-odd rule: holes are left out, and parts
    that touch are filled once.

    :param rings: parcels in the grid's CRS.
    :param transform: of the grid; not rotated.
    :param width: columns of the grid.
    :param height: rows of the grid.
    :raises ExtractionFailed: a coordinate is not a finite number; names the parcel's position.
    """
    check_finite(rings)
    runs, offsets, inside = _scan(*scan_arguments(rings, transform, width, height))
    row, column, length = runs[:, : offsets[-1]]
    return Spans(row, column, length, offsets, inside)


def scan_arguments(rings: FlatRings, transform: Affine, width: int, height: int) -> tuple[Any, ...]:
    """Arguments for scanning parcels over a grid: their rings, the inverse transform, the size."""
    return (
        rings.coordinates,
        rings.ring_offsets,
        rings.parcel_ring_offsets,
        int(np.diff(rings.vertex_offsets).max(initial=0)),
        # The arithmetic of GDALInvGeoTransform, so that rounding is the same.
        np.array([-transform.c / transform.a, 1.0 / transform.a]),
        np.array([-transform.f / transform.e, 1.0 / transform.e]),
        width,
        height,
    )


@numba.njit(cache=True, nogil=True)
def _sums(lengths, offsets):  # type: ignore[no-untyped-def]
    result = np.zeros(offsets.size - 1, np.int64)
    for i in range(result.size):
        for j in range(offsets[i], offsets[i + 1]):
            result[i] += lengths[j]
    return result


@numba.njit(cache=True, nogil=True)
def _weighted_sums(lengths, weight, offsets):  # type: ignore[no-untyped-def]
    result = np.zeros(offsets.size - 1)
    for i in range(result.size):
        for j in range(offsets[i], offsets[i + 1]):
            result[i] += lengths[j] * np.float64(weight[j])
    return result


def check_finite(rings: FlatRings) -> None:
    """Check that every coordinate is a finite number.

    :raises ExtractionFailed: names the parcel's position.
    """
    finite = np.isfinite(rings.coordinates)
    if finite.all():
        return
    vertex = int(np.argmin(finite)) // 2
    ring = np.searchsorted(rings.ring_offsets, vertex, side="right") - 1
    parcel = int(np.searchsorted(rings.parcel_ring_offsets, ring, side="right")) - 1
    raise ExtractionFailed(
        "has a coordinate that is not a finite number",
        subject=f"parcel at position {parcel}",
        hint="the parcel may lie outside the area of the raster's projection",
    )


@numba.njit(cache=True, nogil=True)
def _scan(coordinates, ring_offsets, parcel_rings, largest, to_column, to_row, width, height):  # type: ignore[no-untyped-def]
    parcels = parcel_rings.size - 1
    offsets = np.zeros(parcels + 1, np.int64)
    inside = np.zeros(parcels, np.bool_)
    runs = np.empty((3, max(1024, 2 * coordinates.shape[0])), np.int32)
    used = 0
    # All parcels use the same few arrays: allocating new ones took a third of the time.
    x, y, scanned = np.empty(largest), np.empty(largest), np.empty(largest, np.int64)
    start, columns = np.empty(1024, np.int64), np.empty(4096, np.int32)
    for parcel in range(parcels):
        rings = ring_offsets[parcel_rings[parcel] : parcel_rings[parcel + 1] + 1]
        if rings.size > 1:
            vertices = coordinates[rings[0] : rings[-1]]
            top, bottom, inside[parcel] = _to_pixels(
                vertices, to_column, to_row, width, height, x, y
            )
            if inside[parcel]:
                if bottom - top >= start.size:
                    start = np.empty(2 * (bottom - top), np.int64)
                crossed, flat = _count_crossings(y, rings, top, bottom, scanned, start)
                if crossed > columns.size:
                    columns = np.empty(2 * crossed, np.int32)
                _crossings(x, y, rings, top, width, scanned, start, columns)
                edges, flats = _NO_EDGES, 0
                if flat:
                    edges, flats = _flat_edges(vertices, x, y, rings, top, bottom, width)
                needed = used + crossed // 2 + flats
                if needed > runs.shape[1]:
                    runs = _grown(runs, 2 * needed)
                used = _fill(top, bottom, start, columns, edges, flats, runs, used)
        offsets[parcel + 1] = used
    return runs, offsets, inside


@numba.njit(cache=True, nogil=True)
def _to_pixels(vertices, to_column, to_row, width, height, x, y):  # type: ignore[no-untyped-def]
    """Write columns and rows of vertices to x and y.

    :returns: first row and the row after the last, within the grid, and whether the vertices'
        bounding box meets the grid.
    """
    left = upper = np.inf
    right = lower = -np.inf
    for i in range(vertices.shape[0]):
        x[i] = to_column[0] + vertices[i, 0] * to_column[1]
        y[i] = to_row[0] + vertices[i, 1] * to_row[1]
        left, right = min(left, x[i]), max(right, x[i])
        upper, lower = min(upper, y[i]), max(lower, y[i])
    inside = right > 0 and lower > 0 and left < width and upper < height
    top = max(0.0, np.floor(upper))
    bottom = min(float(height), np.floor(lower) + 1)
    return int(top) if inside else 0, int(bottom) if inside else 0, inside


@numba.njit(cache=True, nogil=True)
def _count_crossings(y, rings, top, bottom, scanned, start):  # type: ignore[no-untyped-def]
    """Find the end of each row's crossings in an array of all of them: ``start[row - top]``.

    An edge crosses the rows with centre c where upper end <= c < lower end, that is, those from the
    ``scanned`` row of its upper end, the first whose centre is not above the vertex, to that of its
    lower end.

    :returns: the number of crossings, and whether an edge is horizontal.
    """
    for row in range(bottom - top):
        start[row] = 0
    flat = False
    for ring in range(rings.size - 1):
        first, end = rings[ring] - rings[0], rings[ring + 1] - rings[0]
        for i in range(first, end):
            scanned[i] = int(min(max(np.ceil(y[i] - 0.5), float(top)), float(bottom))) - top
            if i > first:
                flat |= y[i] == y[i - 1]
                for row in range(min(scanned[i - 1], scanned[i]), max(scanned[i - 1], scanned[i])):
                    start[row] += 1
    crossed = 0
    for row in range(bottom - top):
        crossed += start[row]
        start[row] = crossed
    start[bottom - top] = crossed
    return crossed, flat


@numba.njit(cache=True, nogil=True)
def _crossings(x, y, rings, top, width, scanned, start, columns):  # type: ignore[no-untyped-def]
    """Columns at which edges cross the centres of rows, row by row, not sorted within a row.

    Each row is filled from its end, so that ``start`` is then the row's start.
    """
    for ring in range(rings.size - 1):
        for i in range(rings[ring] - rings[0] + 1, rings[ring + 1] - rings[0]):
            if scanned[i] == scanned[i - 1]:
                continue
            upper, lower = (i - 1, i) if scanned[i - 1] < scanned[i] else (i, i - 1)
            x_upper, y_upper = x[upper], y[upper]
            x_run, y_run = x[lower] - x_upper, y[lower] - y_upper
            for row in range(scanned[upper], scanned[lower]):
                # In GDAL's order: another one rounds differently.
                crossing = (row + top + 0.5 - y_upper) * x_run / y_run + x_upper
                start[row] -= 1
                columns[start[row]] = _column(crossing, width)


@numba.njit(cache=True, nogil=True)
def _fill(top, bottom, start, columns, edges, flats, runs, used):  # type: ignore[no-untyped-def]
    """Append one parcel's runs: between crossings, and along its flat edges."""
    next_flat = 0
    for row in range(top, bottom):
        row_start = used
        begin = start[row - top]
        end = start[row - top + 1]
        _sort(columns, begin, end)
        for i in range(begin, end - 1, 2):
            used = _add_run(runs, row_start, used, row, columns[i], columns[i + 1])
        while next_flat < flats and edges[0, next_flat] == row:
            used = _add_run(runs, row_start, used, row, edges[1, next_flat], edges[2, next_flat])
            next_flat += 1
    return used


@numba.njit(cache=True, nogil=True)
def _column(x, width):  # type: ignore[no-untyped-def]
    return np.int32(min(max(np.floor(x + 0.5), 0.0), float(width)))


@numba.njit(cache=True, nogil=True)
def _flat_edges(vertices, x, y, rings, top, bottom, width):  # type: ignore[no-untyped-def]
    """Lower horizontal edges that lie on a row's centre: row, first, end in int32[3, n], by row."""
    found = 0
    edges = np.empty((3, 0), np.int32)
    for ring in range(rings.size - 1):
        begin, end = rings[ring] - rings[0], rings[ring + 1] - rings[0]
        turn = 0.0
        for i in range(begin + 1, end):
            if y[i] != y[i - 1] or not top < y[i] < bottom or y[i] != np.floor(y[i]) + 0.5:
                continue
            if turn == 0.0:
                turn = 1.0 if _is_clockwise(vertices[begin:end]) else -1.0
            if (x[i - 1] - x[i]) * turn > 0:
                first = _column(min(x[i - 1], x[i]), width)
                last = _column(max(x[i - 1], x[i]), width)
                edges = _insert_edge(edges, found, int(y[i]), first, last)
                found += 1
    return edges, found


@numba.njit(cache=True, nogil=True)
def _insert_edge(edges, found, row, first, end):  # type: ignore[no-untyped-def]
    if found == edges.shape[1]:
        edges = _grown(edges, 2 * found + 8)
    place = found
    while place > 0 and edges[0, place - 1] > row:
        for i in range(3):
            edges[i, place] = edges[i, place - 1]
        place -= 1
    edges[0, place], edges[1, place], edges[2, place] = row, first, end
    return edges


@numba.njit(cache=True, nogil=True)
def _grown(table, size):  # type: ignore[no-untyped-def]
    """A table of three rows, with room for more columns."""
    # Loops, as elsewhere here: numba takes seconds to compile whole-array expressions.
    grown = np.empty((3, size), table.dtype)
    for i in range(3):
        for j in range(table.shape[1]):
            grown[i, j] = table[i, j]
    return grown


@numba.njit(cache=True, nogil=True)
def _is_clockwise(ring):  # type: ignore[no-untyped-def]
    """Whether a closed ring runs clockwise, y up, by OGRLineString::isClockwise()."""
    n = ring.shape[0]
    pivot = 0  # lowest, then rightmost vertex
    doubtful = False
    for i in range(1, n - 1):
        dx, dy = ring[i, 0] - ring[pivot, 0], ring[i, 1] - ring[pivot, 1]
        if dy < 0 or (dy == 0 and dx > 0):
            pivot = i
            doubtful = False
        elif dx == 0 and dy == 0:
            doubtful = True
    before = n - 2 if pivot == 0 else pivot - 1
    after = 0 if pivot + 1 >= n - 1 else pivot + 1
    dx0, dy0 = ring[before, 0] - ring[pivot, 0], ring[before, 1] - ring[pivot, 1]
    dx1, dy1 = ring[after, 0] - ring[pivot, 0], ring[after, 1] - ring[pivot, 1]
    if max(abs(dx0), abs(dy0)) < _SAME_VERTEX or max(abs(dx1), abs(dy1)) < _SAME_VERTEX:
        doubtful = True
    cross = dx1 * dy0 - dx0 * dy1
    if not doubtful and cross != 0.0:
        return cross < 0.0
    area = ring[0, 0] * (ring[1, 1] - ring[n - 1, 1])
    for i in range(1, n - 1):
        area += ring[i, 0] * (ring[i + 1, 1] - ring[i - 1, 1])
    area += ring[n - 1, 0] * (ring[0, 1] - ring[n - 2, 1])
    return area < 0.0


@numba.njit(cache=True, nogil=True)
def _sort(columns, begin, end):  # type: ignore[no-untyped-def]
    """Shell sort of a part: an insertion sort for few crossings, yet fast for thousands."""
    gap = (end - begin) // 2
    while gap > 0:
        for i in range(begin + gap, end):
            value = columns[i]
            j = i
            while j >= begin + gap and columns[j - gap] > value:
                columns[j] = columns[j - gap]
                j -= gap
            columns[j] = value
        gap = 1 if gap == 2 else gap * 5 // 11


@numba.njit(cache=True, nogil=True)
def _add_run(runs, row_start, used, row, first, end):  # type: ignore[no-untyped-def]
    """Insert columns [first, end) into a row's sorted, disjoint runs, joining those it touches."""
    if end <= first:
        return used
    if used == row_start or runs[1, used - 1] + runs[2, used - 1] < first:
        runs[0, used], runs[1, used], runs[2, used] = row, first, end - first
        return used + 1
    after = used
    while after > row_start and runs[1, after - 1] > end:
        after -= 1
    before = after
    while before > row_start and runs[1, before - 1] + runs[2, before - 1] >= first:
        before -= 1
        first = min(first, runs[1, before])
        end = max(end, runs[1, before] + runs[2, before])
    if before == after:  # touches none: make room for it
        for i in range(used, before, -1):
            runs[1, i], runs[2, i] = runs[1, i - 1], runs[2, i - 1]
        runs[0, used] = row
    elif after - before > 1:
        for i in range(after, used):
            moved = i - after + before + 1
            runs[1, moved], runs[2, moved] = runs[1, i], runs[2, i]
    runs[0, before] = row
    runs[1, before] = first
    runs[2, before] = end - first
    return used + 1 - (after - before)
