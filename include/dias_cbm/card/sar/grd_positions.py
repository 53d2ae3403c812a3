"""Positions of map pixels in a detected image (GRD): lines and samples, given the terrain.

The same arithmetic as :meth:`Lattice.locate` and :func:`detected_coordinates`, in one pass over
a block: cells of 16 pixels between two nodes are worked on together, and cells that the image
cannot hold at any height of the block's terrain are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.buffers import Buffers, Fresh
from dias_cbm.card.sar.annotation import Annotation
from dias_cbm.card.sar.dem import bilinear, window_around
from dias_cbm.card.sar.geocoding_nodes import HOLE, OUTSIDE, STEP, GeocodingNodes, Lattice
from dias_cbm.card.sar.geometry import blended, detected_coordinates

Floats = NDArray[np.float64]

#: A pixel's share of a cell.
_PIXEL = 1 / STEP
#: Lines and samples by which a cell may lie beside the image and is still worked on.
_MARGIN = 3.0


class Piece(NamedTuple):
    """Positions of some rows of a block, from 0 at the centre of the image's first pixel.

    :param line: (rows, columns); NaN without a height, and in cells beside the image.
    :param sample: likewise.
    :param missing: 0 where there is a height, else ``OUTSIDE`` or ``HOLE``.
    :param above: height above the ellipsoid, m, likewise; no rows if it was not asked for.
    :param any_missing: False if all have a height.
    """

    line: Floats
    sample: Floats
    missing: NDArray[np.uint8]
    above: Floats
    any_missing: bool


@dataclass(frozen=True)
class BlockPositions:
    """The positions of a block of the map, to be had in pieces.

    :param annotation: of the image.
    :param nodes: around the block.
    :param origin: row and column of the block, in pixels after the first node.
    :param surface: the terrain model under the block.
    :param corner: row and column of its first pixel in the whole model.
    :param dem_shape: rows and columns of the whole model.
    :param cells: (rows, columns) of cells; False for those beside the image.
    :param window: row, column, height and width of the image's part that holds all cells; None if
        it holds none.
    """

    annotation: Annotation
    nodes: Floats
    origin: tuple[int, int]
    surface: NDArray[np.float32]
    corner: tuple[int, int]
    dem_shape: tuple[int, int]
    cells: NDArray[np.bool_]
    window: tuple[int, int, int, int] | None

    def piece(
        self,
        row: int,
        rows: int,
        width: int,
        *,
        heights: bool = False,
        memory: Buffers | None = None,
    ) -> Piece:
        """Some rows of the block.

        :param row: in the block.
        :param width: columns of the block.
        :param heights: also give the heights.
        :param memory: that the result takes, until the next one does.
        """
        one, ranges = self.annotation, self.annotation.ground_ranges
        if ranges is None:
            raise ValueError(f"{one.path} does not describe a GRD")
        array, whole = (memory or Fresh()).array, (rows, self.cells.shape[1] * STEP)
        line, sample = array("line and sample", (2, *whole), np.float64)
        above = array("above", whole if heights else (0, whole[1]), np.float64)
        missing = array("missing", whole, np.uint8)
        any_missing = _place(
            self.nodes,
            self.origin[0] + row,
            self.cells,
            self.surface,
            self.corner,
            self.dem_shape,
            (ranges.times, ranges.origins, ranges.coefficients),
            (one.first_line_time, one.line_interval, one.range_spacing),
            line,
            sample,
            above,
            missing,
        )
        part = slice(self.origin[1], self.origin[1] + width)
        return Piece(line[:, part], sample[:, part], missing[:, part], above[:, part], any_missing)


def positions(
    lattice: Lattice, annotation: Annotation, row: int, column: int, nodes: GeocodingNodes
) -> BlockPositions:
    """The positions of a block of the lattice's grid in an image.

    :param row: of the block's first pixel in the grid.
    :param nodes: around the block.
    :raises ElevationError: the terrain model cannot be read.
    """
    window = window_around(nodes.dem_row, nodes.dem_column, lattice.dem.shape)
    surface = lattice.dem.read(*window)
    cells, part = _cells(annotation, nodes, surface)
    return BlockPositions(
        annotation,
        nodes.stacked(),
        (row - nodes.first[0], column - nodes.first[1]),
        surface,
        window[:2],
        lattice.dem.shape,
        cells,
        part,
    )


def _cells(
    annotation: Annotation, nodes: GeocodingNodes, surface: NDArray[np.float32]
) -> tuple[NDArray[np.bool_], tuple[int, int, int, int] | None]:
    """The cells that the image may hold, and the part of the image that holds them.

    Positions are monotonic in height, and linear between nodes: the lowest and the highest place
    over the four corners of a cell enclose all of its pixels. Sea level is always among the
    heights: pixels without one are looked for there.
    """
    there = surface[np.isfinite(surface)]
    low, high = (float(there.min()), float(there.max())) if there.size else (0.0, 0.0)
    geoid = nodes.undulation
    extremes = (
        nodes.at(min(low, 0.0) + float(geoid.min())),
        nodes.at(max(high, 0.0) + float(geoid.max())),
    )
    places = [np.stack(detected_coordinates(annotation, *one)) for one in extremes]
    least, most = np.minimum(*places) - _MARGIN, np.maximum(*places) + _MARGIN
    least, most = _of_corners(np.minimum, least), _of_corners(np.maximum, most)
    size = np.array([annotation.lines, annotation.samples])[:, None, None]
    cells: NDArray[np.bool_] = np.all((most >= 0) & (least <= size - 1), axis=0)
    if not cells.any():
        return cells, None
    first = np.maximum(np.floor(least[:, cells].min(axis=1)), 0).astype(int)
    end = np.minimum(np.floor(most[:, cells].max(axis=1)) + 2, size[:, 0, 0]).astype(int)
    (top, left), (height, width) = first.tolist(), (end - first).tolist()
    return cells, (top, left, height, width)


def _of_corners(which: np.ufunc, nodes: Floats) -> Floats:
    """The least or largest value at the four corners of each cell; NaN if one is NaN."""
    rows = which(nodes[..., :-1, :], nodes[..., 1:, :])
    corners: Floats = which(rows[..., :-1], rows[..., 1:])
    return corners


@numba.njit(cache=True, nogil=True)
def _place(
    nodes: Floats,
    first: int,
    cells: NDArray[np.bool_],
    surface: NDArray[np.float32],
    corner: tuple[int, int],
    shape: tuple[int, int],
    ranges: tuple[Floats, Floats, Floats],
    image: tuple[float, float, float],
    line: Floats,
    sample: Floats,
    above: Floats,
    missing: NDArray[np.uint8],
) -> bool:  # pragma: no cover - compiled
    """Fill lines, samples and what is missing, from the column of the first node.

    Heights are filled where there are rows for them.

    :param nodes: rows x columns x 9, as :meth:`GeocodingNodes.stacked`.
    :param first: row of the piece, in pixels after the first node.
    :param ranges: times, origins and coefficients of the ground ranges.
    :param image: time of the first line, seconds between lines, metres between samples.
    :returns: whether anything is missing.
    """
    line[:], sample[:], above[:], missing[:] = np.nan, np.nan, np.nan, 0
    flat, width = surface.reshape(-1), surface.shape[1]
    at = np.empty(nodes.shape[1:])
    span = np.empty((cells.shape[1], 2))
    work = np.empty((4, line.shape[1]))
    for row in range(line.shape[0]):
        top = (row + first) // STEP
        down = (row + first) * _PIXEL - top
        _between(nodes[top].ravel(), nodes[top + 1].ravel(), down, at.ravel())
        begin, end = cells.shape[1], 0
        for cell in range(cells.shape[1]):
            if cells[top, cell]:
                begin, end = min(begin, cell), cell + 1
        for cell in range(begin, end):
            part = slice(cell * STEP, (cell + 1) * STEP)
            rows, columns = work[0, part], work[1, part]
            heights, time = work[2, part], line[row, part]
            _on_terrain(at, cell, corner, rows, columns)
            if not _is_inner(surface, rows, columns) or _heights(
                flat, width, rows, columns, heights
            ):
                _edge_heights(surface, corner, shape, rows, columns, heights, missing[row, part])
            _to_radar(at, cell, heights, time, work[3, part])
            if len(above) > 0:
                above[row, part] = heights
            span[cell, 0], span[cell, 1] = _extremes(time)
        part = slice(begin * STEP, end * STEP)
        slant, used = work[3, part], work[:3, part]
        _ground_ranges(ranges, line[row, part], slant, span[begin:end], used, sample[row, part])
        _scale(line[row, part], image[0], image[1])
        _scale(sample[row, part], 0.0, image[2])
    return bool(missing.any())


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _scale(values: Floats, origin: float, unit: float) -> None:  # pragma: no cover - compiled
    for k in range(values.size):
        values[k] = (values[k] - origin) / unit


@numba.njit(cache=True, nogil=True)
def _between(
    upper: Floats, lower: Floats, down: float, result: Floats
) -> None:  # pragma: no cover - compiled
    for k in range(result.size):
        result[k] = upper[k] + down * (lower[k] - upper[k])


@numba.njit(cache=True, nogil=True)
def _on_terrain(
    at: Floats, cell: int, corner: tuple[int, int], rows: Floats, columns: Floats
) -> None:  # pragma: no cover - compiled
    """Rows and columns of a cell's pixels in the part of the terrain model that was read."""
    y, x = at[cell, 0], at[cell, 1]
    down, right = at[cell + 1, 0] - y, at[cell + 1, 1] - x
    for k in range(STEP):
        rows[k] = y + k * _PIXEL * down - corner[0]
        columns[k] = x + k * _PIXEL * right - corner[1]


@numba.njit(cache=True, nogil=True)
def _is_inner(
    surface: NDArray[np.float32], rows: Floats, columns: Floats
) -> bool:  # pragma: no cover - compiled
    """Whether all of a cell's pixels lie between four pixels of the terrain model."""
    height, width = surface.shape
    first, last = rows[0], rows[STEP - 1]
    within = min(first, last) >= 0 and max(first, last) < height - 1
    first, last = columns[0], columns[STEP - 1]
    return within and min(first, last) >= 0 and max(first, last) < width - 1


@numba.njit(cache=True, nogil=True)
def _heights(
    flat: NDArray[np.float32], width: int, rows: Floats, columns: Floats, heights: Floats
) -> bool:  # pragma: no cover - compiled
    """Heights of a cell's pixels above the datum; whether any is missing.

    :param flat: the terrain model, row by row.
    """
    lacking = False
    for k in range(STEP):
        top, left = int(rows[k]), int(columns[k])
        down, right = rows[k] - top, columns[k] - left
        # Unsigned indices need no test for counting from the end.
        i = np.uint64(top * width + left)
        upper = flat[i] * (1 - right) + flat[i + np.uint64(1)] * right
        i += np.uint64(width)
        lower = flat[i] * (1 - right) + flat[i + np.uint64(1)] * right
        heights[k] = upper * (1 - down) + lower * down
        lacking |= np.isnan(heights[k])
    return lacking


@numba.njit(cache=True, nogil=True)
def _edge_heights(
    surface: NDArray[np.float32],
    corner: tuple[int, int],
    shape: tuple[int, int],
    rows: Floats,
    columns: Floats,
    heights: Floats,
    missing: NDArray[np.uint8],
) -> None:  # pragma: no cover - compiled
    """The same at edges and holes of the terrain model, and why heights are missing."""
    for k in range(STEP):
        heights[k] = bilinear(surface, rows[k], columns[k])
        if np.isnan(heights[k]):
            row, column = rows[k] + corner[0], columns[k] + corner[1]
            within = 0 <= row <= shape[0] - 1 and 0 <= column <= shape[1] - 1
            missing[k] = HOLE if within else OUTSIDE


@numba.njit(cache=True, nogil=True)
def _to_radar(
    at: Floats, cell: int, heights: Floats, times: Floats, slant: Floats
) -> None:  # pragma: no cover - compiled
    """Azimuth times and slant ranges of a cell's pixels.

    :param heights: above the datum, changed to those above the ellipsoid.
    """
    # In variables, so that the loop need not read them again after what it writes.
    geoid, t0, t1, t2 = at[cell, 2], at[cell, 3], at[cell, 4], at[cell, 5]
    r0, r1, r2 = at[cell, 6], at[cell, 7], at[cell, 8]
    more_geoid, more_t0 = at[cell + 1, 2] - geoid, at[cell + 1, 3] - t0
    more_t1, more_t2 = at[cell + 1, 4] - t1, at[cell + 1, 5] - t2
    more_r0, more_r1 = at[cell + 1, 6] - r0, at[cell + 1, 7] - r1
    more_r2 = at[cell + 1, 8] - r2
    for k in range(STEP):
        right = k * _PIXEL
        h = heights[k] + geoid + right * more_geoid
        heights[k] = h
        later = t1 + right * more_t1 + h * (t2 + right * more_t2)
        times[k] = t0 + right * more_t0 + h * later
        nearer = r1 + right * more_r1 + h * (r2 + right * more_r2)
        slant[k] = r0 + right * more_r0 + h * nearer


@numba.njit(cache=True, nogil=True)
def _extremes(times: Floats) -> tuple[float, float]:  # pragma: no cover - compiled
    """The least and the largest number; (inf, -inf) if all are NaN."""
    least, most = np.inf, -np.inf
    for k in range(STEP):
        if times[k] < least:
            least = times[k]
        if times[k] > most:
            most = times[k]
    return least, most


@numba.njit(cache=True, nogil=True)
def _ground_ranges(
    ranges: tuple[Floats, Floats, Floats],
    times: Floats,
    slant: Floats,
    span: Floats,
    work: Floats,
    away: Floats,
) -> None:  # pragma: no cover - compiled
    """Ground ranges of a row of cells, as by :func:`geometry.blended`.

    Cells between the times of the same two polynomials are worked on together.

    :param span: (cells, 2), least and largest time of each.
    :param work: (3, pixels), to work in.
    """
    epochs, origins, coefficients = ranges
    last = len(epochs) - 1
    cell = 0
    while cell < len(span):
        before = min(max(np.searchsorted(epochs, span[cell, 0]) - 1, 0), max(last - 1, 0))
        after = min(before + 1, last)
        least = epochs[before] if before > 0 else -np.inf
        most = epochs[after] if after < last else np.inf
        stop = cell
        while stop < len(span) and span[stop, 0] > least and span[stop, 1] <= most:
            stop += 1
        if stop == cell:  # a cell on both sides of a polynomial's time
            stop += 1
            for k in range(cell * STEP, stop * STEP):
                away[k] = blended(epochs, origins, coefficients, times[k], slant[k])
        else:
            part = slice(cell * STEP, stop * STEP)
            earlier, later, since = work[0, part], work[1, part], work[2, part]
            _polynomial(coefficients[before], origins[before], slant[part], since, earlier)
            _polynomial(coefficients[after], origins[after], slant[part], since, later)
            between = epochs[after] - epochs[before] if after > before else np.inf
            _blend(times[part], epochs[before], between, earlier, later, away[part])
        cell = stop


@numba.njit(cache=True, nogil=True)
def _polynomial(
    coefficients: Floats, origin: float, slant: Floats, since: Floats, result: Floats
) -> None:  # pragma: no cover - compiled
    for k in range(slant.size):
        since[k] = slant[k] - origin
        result[k] = 0.0
    for power in range(coefficients.size - 1, -1, -1):
        term = coefficients[power]
        for k in range(slant.size):
            result[k] = result[k] * since[k] + term


@numba.njit(cache=True, nogil=True)
def _blend(
    times: Floats, start: float, between: float, earlier: Floats, later: Floats, result: Floats
) -> None:  # pragma: no cover - compiled
    for k in range(times.size):
        share = min(max((times[k] - start) / between, 0.0), 1.0)
        result[k] = (1 - share) * earlier[k] + share * later[k]
