"""Geocoding nodes: radar coordinates of a coarse map grid, given the terrain.

Zero-Doppler time and slant range vary smoothly with place and height. They are solved exactly at
nodes of the grid, at three heights each, and interpolated: linearly in place, quadratically in
height. The error is below 1 mm in time times velocity, and in range below 2 cm up to 5,000 m of
height and 9 cm on the highest ground, 8,849 m.
The nodes lie at multiples of 16 pixels from the origin of the map's coordinates, so no value
depends on how the work is cut into blocks, nor on how much of a scene is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from dias_cbm.card.buffers import Buffers, Fresh
from dias_cbm.card.sar.dem import Dem, bilinear, window_around
from dias_cbm.card.sar.geoid import undulation
from dias_cbm.card.sar.geometry import to_earth_fixed, zero_doppler
from dias_cbm.card.sar.orbit import Orbit
from dias_cbm.errors import GridError
from dias_cbm.products.model import Grid

Floats = NDArray[np.float64]

#: Pixels between nodes.
STEP = 16
#: Heights above the ellipsoid at which the nodes are solved, in m.
LEVELS = (0.0, 1500.0, 3000.0)


#: Reasons for a missing height: beyond the edges of the terrain model, or in a hole of it.
OUTSIDE, HOLE = 1, 2


@dataclass(frozen=True, slots=True)
class Located:
    """Radar coordinates of a block of pixels; each field is (rows, columns).

    NaN where the terrain model has no height, or the orbit does not pass.

    :param time: zero-Doppler azimuth time, s since the orbit's epoch.
    :param slant_range: m.
    :param above: height above the ellipsoid, m.
    :param missing: 0 where there is a height, else ``OUTSIDE`` or ``HOLE``.
    """

    time: Floats
    slant_range: Floats
    above: Floats
    missing: NDArray[np.uint8]


@dataclass(frozen=True)
class Lattice:
    """The nodes of a grid.

    :param grid: north-up, projected.
    :param orbit: of the acquisition.
    :param dem: opened.
    """

    grid: Grid
    orbit: Orbit
    dem: Dem

    @cached_property
    def _to_degrees(self) -> Transformer:
        if self.grid.crs is None:
            raise GridError("has no CRS")
        return Transformer.from_crs(self.grid.crs.to_wkt(), "EPSG:4326", always_xy=True)

    def nodes(self, row: int, column: int, height: int, width: int) -> GeocodingNodes:
        """The nodes around a block of pixels.

        :param row: of its first pixel in the grid.
        """
        return self.nodes_at(*self._steps(row, height, column, width))

    def nodes_along(
        self, row: int, height: int, columns: Sequence[tuple[int, int]]
    ) -> list[GeocodingNodes]:
        """The nodes around each of some blocks side by side, as by :meth:`nodes`.

        They are solved at once, which takes a third of the time.

        :param columns: first column and width of each block, in order.
        """
        first, (last, width) = columns[0][0], columns[-1]
        whole = self.nodes_at(*self._steps(row, height, first, last + width - first))
        found = []
        for column, width in columns:
            _, wanted = self._steps(row, height, column, width)
            begin = (int(wanted[0]) - whole.first[1]) // STEP
            found.append(whole.part(begin, begin + len(wanted)))
        return found

    def nodes_at(self, rows: NDArray[Any], columns: NDArray[Any]) -> GeocodingNodes:
        """Nodes at the crossings of some rows and columns of the grid, in pixels."""
        corner = self.grid.transform
        shape = (len(rows), len(columns))
        x = np.broadcast_to(corner.c + (columns + 0.5) * corner.a, shape)
        y = np.broadcast_to(corner.f + (rows[:, None] + 0.5) * corner.e, shape)
        longitude, latitude = self._to_degrees.transform(x, y)
        time, slant_range = np.empty((*shape, 3)), np.empty((*shape, 3))
        for level, above in enumerate(LEVELS):
            points = to_earth_fixed(longitude, latitude, np.full(shape, above))
            time[..., level], slant_range[..., level] = zero_doppler(self.orbit, points)
        dem_row, dem_column = self.dem.coordinates(longitude, latitude)
        return GeocodingNodes(
            (int(rows[0]), int(columns[0])),
            _in_powers(time),
            _in_powers(slant_range),
            dem_row,
            dem_column,
            undulation(longitude, latitude, self.dem.datum),
            longitude,
            latitude,
        )

    def _steps(
        self, row: int, height: int, column: int, width: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and columns of the nodes around a block."""
        corner = self.grid.transform
        return (
            _steps(row, height, round(corner.f / corner.e)),
            _steps(column, width, round(corner.c / corner.a)),
        )

    def keeping(self, window: tuple[int, int, int, int]) -> Lattice:
        """The same with a part of the terrain model in memory.

        :param window: row, column, height and width in the model.
        """
        return replace(self, dem=self.dem.keeping(*window))

    def heights_around(self, nodes: GeocodingNodes) -> tuple[float, float] | None:
        """The lowest and highest terrain around nodes, m above the ellipsoid; None without any."""
        surface = self.dem.read(*window_around(nodes.dem_row, nodes.dem_column, self.dem.shape))
        if np.isnan(surface).all():
            return None
        low, high = float(np.nanmin(surface)), float(np.nanmax(surface))
        return low + float(nodes.undulation.min()), high + float(nodes.undulation.max())

    def locate(
        self,
        row: int,
        column: int,
        height: int,
        width: int,
        nodes: GeocodingNodes | None = None,
        memory: Buffers | None = None,
    ) -> Located:
        """Radar coordinates of a block of pixels, at the heights of the terrain model.

        :param row: of its first pixel in the grid.
        :param nodes: of this block, where they are known.
        :param memory: that the result takes, until the next one does.
        """
        nodes = nodes or self.nodes(row, column, height, width)
        window = window_around(nodes.dem_row, nodes.dem_column, self.dem.shape)
        surface = self.dem.read(*window)
        located = _empty(height, width, memory)
        _locate(
            nodes.stacked(),
            (row - nodes.first[0], column - nodes.first[1]),
            surface,
            window[:2],
            self.dem.shape,
            located.time,
            located.slant_range,
            located.above,
            located.missing,
        )
        return located

    def at_sea_level(
        self, row: int, column: int, height: int, width: int, nodes: GeocodingNodes
    ) -> tuple[Floats, Floats]:
        """Azimuth time and slant range of a block of pixels at sea level."""
        values = nodes.stacked()
        # The terrain is one pixel of height 0, and every node lies in its centre.
        values[..., :2] = 0
        located = _empty(height, width)
        origin = (row - nodes.first[0], column - nodes.first[1])
        surface = np.zeros((1, 1), np.float32)
        _locate(
            values,
            origin,
            surface,
            (0, 0),
            (1, 1),
            located.time,
            located.slant_range,
            located.above,
            located.missing,
        )
        return located.time, located.slant_range


def _steps(first: int, count: int, origin: int) -> NDArray[np.int64]:
    """Positions of nodes in pixels, from the one before the first pixel to the one after the last.

    :param origin: pixels between the origin of the map's coordinates and the grid's corner.
    """
    before = (first + origin) // STEP
    after = (first + count - 1 + origin) // STEP + 1
    return np.arange(before, after + 1, dtype=np.int64) * STEP - origin


def _empty(height: int, width: int, memory: Buffers | None = None) -> Located:
    array = (memory or Fresh()).array
    time, slant_range, above = array("located", (3, height, width), np.float64)
    missing = array("missing", (height, width), np.uint8)
    missing.fill(0)
    return Located(time, slant_range, above, missing)


@dataclass(frozen=True, slots=True)
class GeocodingNodes:
    """The nodes around a block; each array is (rows, columns) of nodes.

    :param first: row and column of the first node in the grid, in pixels.
    :param time: (..., 3) azimuth time in powers of the height, s and m.
    :param slant_range: (..., 3) likewise, m.
    :param dem_row: row in the terrain model.
    :param undulation: of the geoid, m.
    :param longitude: degrees.
    """

    first: tuple[int, int]
    time: Floats
    slant_range: Floats
    dem_row: Floats
    dem_column: Floats
    undulation: Floats
    longitude: Floats
    latitude: Floats

    def at(self, height: float) -> tuple[Floats, Floats]:
        """Azimuth time and slant range of the nodes at one height above the ellipsoid [m]."""
        powers = np.array([1.0, height, height**2])
        return self.time @ powers, self.slant_range @ powers

    def part(self, begin: int, end: int) -> GeocodingNodes:
        """Some columns of the nodes, half-open."""
        fields = (
            self.time,
            self.slant_range,
            self.dem_row,
            self.dem_column,
            self.undulation,
            self.longitude,
            self.latitude,
        )
        first = self.first[0], self.first[1] + begin * STEP
        return GeocodingNodes(first, *(one[:, begin:end] for one in fields))

    def stacked(self) -> Floats:
        """All fields that pixels are interpolated from: rows x columns x 9."""
        polynomials = (np.moveaxis(one, -1, 0) for one in (self.time, self.slant_range))
        single = (self.dem_row, self.dem_column, self.undulation)
        return np.stack([*single, *(term for one in polynomials for term in one)], axis=-1)


def _in_powers(values: Floats) -> Floats:
    """Values at the three levels as coefficients of 1, h and h squared."""
    return values @ np.linalg.inv(np.vander(LEVELS, increasing=True)).T


#: Sums may be contracted, but a NaN stays a NaN.
_FAST = {"contract", "nsz", "arcp"}


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _locate(
    nodes: Floats,
    origin: tuple[int, int],
    surface: NDArray[np.float32],
    corner: tuple[int, int],
    shape: tuple[int, int],
    time: Floats,
    slant_range: Floats,
    above: Floats,
    missing: NDArray[np.uint8],
) -> None:  # pragma: no cover - compiled
    """Fill the four results.

    :param nodes: rows x columns x (DEM row, DEM column, geoid, 3 of time, 3 of range).
    :param origin: of the block, in pixels after the first node.
    :param surface: the part of the terrain model that begins at ``corner``.
    :param shape: rows and columns of the whole terrain model.
    """
    terms = nodes.shape[2]
    line = np.empty((nodes.shape[1], terms))
    for row in range(time.shape[0]):
        top = (row + origin[0]) // STEP
        down = (row + origin[0] - top * STEP) / STEP
        for node in range(nodes.shape[1]):
            for term in range(terms):
                upper, lower = nodes[top, node, term], nodes[top + 1, node, term]
                line[node, term] = upper + down * (lower - upper)
        for node in range(nodes.shape[1] - 1):
            begin = max(node * STEP - origin[1], 0)
            end = min((node + 1) * STEP - origin[1], time.shape[1])
            # Pixels from the node to the first pixel.
            after = begin + origin[1] - node * STEP
            west, east = line[node], line[node + 1]
            part = above[row, begin:end]
            _heights(west, east, after, surface, corner, part)
            _at(west[3:6], east[3:6], after, part, time[row, begin:end])
            _at(west[6:9], east[6:9], after, part, slant_range[row, begin:end])
            for k in range(end - begin):
                if np.isnan(part[k]):
                    dem_row = west[0] + (after + k) / STEP * (east[0] - west[0])
                    dem_column = west[1] + (after + k) / STEP * (east[1] - west[1])
                    within = 0 <= dem_row <= shape[0] - 1 and 0 <= dem_column <= shape[1] - 1
                    missing[row, begin + k] = HOLE if within else OUTSIDE


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _heights(
    west: Floats,
    east: Floats,
    after: int,
    surface: NDArray[np.float32],
    corner: tuple[int, int],
    above: Floats,
) -> None:  # pragma: no cover - compiled
    """Heights above the ellipsoid of pixels between two nodes, NaN for none.

    :param west: the terms of the node before, and ``east`` of the one after them.
    :param after: pixels from the node to the first of them.
    """
    for k in range(len(above)):
        right = (after + k) / STEP
        dem_row = west[0] + right * (east[0] - west[0]) - corner[0]
        dem_column = west[1] + right * (east[1] - west[1]) - corner[1]
        ground = np.nan
        if 0 <= dem_row < surface.shape[0] - 1 and 0 <= dem_column < surface.shape[1] - 1:
            i, j = int(dem_row), int(dem_column)
            u, v = dem_row - i, dem_column - j
            upper = surface[i, j] * (1 - v) + surface[i, j + 1] * v
            lower = surface[i + 1, j] * (1 - v) + surface[i + 1, j + 1] * v
            ground = upper * (1 - u) + lower * u
        if np.isnan(ground):
            # At an edge or beside a hole, where pixels without weight do not count.
            ground = bilinear(surface, dem_row, dem_column)
        above[k] = ground + west[2] + right * (east[2] - west[2])


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _at(
    west: Floats, east: Floats, after: int, above: Floats, result: Floats
) -> None:  # pragma: no cover - compiled
    """Times or slant ranges of pixels between two nodes, from their polynomials in height."""
    w0, w1, w2 = west[0], west[1], west[2]
    e0, e1, e2 = east[0] - w0, east[1] - w1, east[2] - w2
    for k in range(len(above)):
        right, h = (after + k) / STEP, above[k]
        linear = w1 + right * e1 + h * (w2 + right * e2)
        result[k] = w0 + right * e0 + h * linear
