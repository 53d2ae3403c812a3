"""Geocoding of a burst: terrain in burst geometry, and values on the map grid."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dias_cbm.card.buffers import Buffers
from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT, Annotation
from dias_cbm.card.sar.coregistration import draw_heights, spans_of
from dias_cbm.card.sar.deburst import Part
from dias_cbm.card.sar.geocoding_nodes import GeocodingNodes, Lattice, Located
from dias_cbm.card.workers import Workers

#: Rows and columns of the grid located at a time.
_BLOCK = 256
#: Lines of a band, see there.
_BAND = 256
#: Range of terrain heights above the ellipsoid, in m.
_LOWEST, _HIGHEST = -500.0, 5500.0


class Block(NamedTuple):
    """A block of the grid, and its possible range of times [s] and slant ranges [m].

    :param nodes: around it and around the pixels to its right and below; None if not yet known.
    """

    row: int
    column: int
    rows: int
    columns: int
    times: tuple[float, float]
    ranges: tuple[float, float]
    nodes: GeocodingNodes | None = None


class BurstImage(NamedTuple):
    """The time and range of a burst's pixels.

    :param number: of the burst in its image.
    """

    image: Annotation
    number: int

    @property
    def time(self) -> float:
        """Time of its first line, s since the epoch."""
        return self.image.bursts[self.number].azimuth_time

    def place(self, located: Located) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lines and samples at which a block of the grid lies."""
        delay = 2 * located.slant_range / SPEED_OF_LIGHT - self.image.slant_range_time
        line = (located.time - self.time) / self.image.line_interval
        return line, delay * self.image.range_sampling_rate

    def meets(self, block: Block) -> bool:
        """Whether the burst may overlap a block."""
        length = self.image.lines_per_burst * self.image.line_interval
        near = self.image.slant_range_time * SPEED_OF_LIGHT / 2
        far = near + self.image.samples / self.image.range_sampling_rate * SPEED_OF_LIGHT / 2
        return (
            block.times[0] <= self.time + length
            and block.times[1] >= self.time
            and block.ranges[0] <= far
            and block.ranges[1] >= near
        )


def blocks_of(lattice: Lattice) -> list[Block]:
    """The grid cut into blocks, row by row."""
    grid = lattice.grid
    found = []
    for row in range(0, grid.height, _BLOCK):
        for column in range(0, grid.width, _BLOCK):
            size = min(_BLOCK, grid.height - row), min(_BLOCK, grid.width - column)
            block = Block(row, column, *size, (0.0, 0.0), (0.0, 0.0))
            nodes = lattice.nodes(row, column, *size)
            found.append(_between(block, nodes, (_LOWEST, _HIGHEST))._replace(nodes=None))
    return found


def blocks_under(
    burst: BurstImage, lattice: Lattice, blocks: Iterable[Block]
) -> tuple[list[Block], Lattice]:
    """The blocks that a burst may overlap, given the heights of the terrain there.

    :returns: them, and the lattice with the terrain there in memory.
    """
    near = [block for block in blocks if burst.meets(block)]
    nodes = [lattice.nodes(block.row, block.column, *_one_more(block, lattice)) for block in near]
    lattice = lattice.keeping(nodes)
    found = []
    for block, around in zip(near, nodes, strict=True):
        heights = lattice.heights_around(around)
        if heights and burst.meets(narrowed := _between(block, around, heights)):
            found.append(narrowed)
    return found, lattice


def _one_more(block: Block, lattice: Lattice) -> tuple[int, int]:
    """Rows and columns of a block with those to its right and below, where the grid has them."""
    return (
        min(block.rows + 1, lattice.grid.height - block.row),
        min(block.columns + 1, lattice.grid.width - block.column),
    )


def _between(block: Block, nodes: GeocodingNodes, heights: tuple[float, float]) -> Block:
    """A block with the times and ranges that it has between two heights."""
    times, ranges = (np.stack(both) for both in zip(*map(nodes.at, heights), strict=True))
    return block._replace(
        times=(float(times.min()), float(times.max())),
        ranges=(float(ranges.min()), float(ranges.max())),
        nodes=nodes,
    )


def terrain(
    burst: BurstImage,
    lattice: Lattice,
    blocks: Iterable[Block],
    workers: Workers,
    memory: Buffers | None = None,
) -> NDArray[np.float32]:
    """Heights above the ellipsoid of a burst's pixels.

    The cells between the grid's pixels are drawn; blocks share their edges.

    :param workers: that share the blocks.
    :param memory: that the result takes, until the next one does.
    :returns: float32[lines, samples] in m; NaN where the terrain model has none.
    """
    shape = burst.image.lines_per_burst, burst.image.samples
    heights = (memory or Buffers()).array("heights", shape, np.float32)
    bands = [_Band(first, heights[first : first + _BAND]) for first in range(0, shape[0], _BAND)]

    def draw(block: Block) -> None:
        size = _one_more(block, lattice)
        with workers.times.step("terrain and lattice"):
            located = lattice.locate(block.row, block.column, *size, block.nodes, workers.buffers)
            line, sample = burst.place(located)
            spans = spans_of(line)
            for band in bands:
                band.draw(line, sample, located.above, spans)

    for _ in workers.map(draw, blocks):
        pass
    for band in bands:
        band.begin()
    return heights


class _Band:
    """Lines of a burst into which one thread draws at a time.

    :param first: of the burst.
    :param heights: float32[lines, samples] with any content.
    """

    def __init__(self, first: int, heights: NDArray[np.float32]) -> None:
        self._first, self._heights = first, heights
        self._begun, self._drawing = False, Lock()

    def begin(self) -> None:
        """Without any height, unless it has begun."""
        if not self._begun:
            self._heights.fill(np.nan)
            self._begun = True

    def draw(
        self,
        line: NDArray[np.float64],
        sample: NDArray[np.float64],
        above: NDArray[np.float64],
        spans: NDArray[np.float64],
    ) -> None:
        """Draw what a block has in these lines; arguments as of :func:`draw_heights`."""
        if spans[:, 1].max() < self._first:
            return
        if spans[:, 0].min() >= self._first + len(self._heights):
            return
        # The highest is kept, whatever block is drawn first.
        with self._drawing:
            self.begin()
            draw_heights(line, sample, above, spans, self._first, self._heights)


def lay_on(
    located: Located,
    burst: BurstImage,
    part: Part,
    values: NDArray[np.float32],
    shift: tuple[float, float],
    result: NDArray[np.float32],
) -> None:
    """Lay a burst's values on a block of the grid, bilinear between its pixels.

    :param part: the part that the burst contributes; its values elsewhere are not used.
    :param values: float32[polarisations, lines, samples], 0 for none.
    :param shift: lines and samples from the place of a value to its pixel.
    :param result: float32[polarisations, rows, columns], 0 to begin with.
    """
    line, sample = burst.place(located)
    given = (located.time >= part.start) & (located.time < part.stop)
    given &= (located.slant_range >= part.near) & (located.slant_range < part.far)
    _lay(line + shift[0], sample + shift[1], given, values, result)


@njit(cache=True, nogil=True)
def _lay(
    line: NDArray[np.float64],
    sample: NDArray[np.float64],
    given: NDArray[np.bool_],
    values: NDArray[np.float32],
    result: NDArray[np.float32],
) -> None:
    layers, rows, columns = result.shape
    lines, samples = values.shape[1:]
    for row in range(rows):
        for column in range(columns):
            if not given[row, column]:
                continue
            y, x = line[row, column], sample[row, column]
            if not (y >= 0 and y < lines - 1 and x >= 0 and x < samples - 1):
                continue
            i, j = int(y), int(x)
            down, right = y - i, x - j
            for layer in range(layers):
                a, b = values[layer, i, j], values[layer, i, j + 1]
                c, d = values[layer, i + 1, j], values[layer, i + 1, j + 1]
                if a > 0 and b > 0 and c > 0 and d > 0:
                    top, bottom = a + right * (b - a), c + right * (d - c)
                    result[layer, row, column] = top + down * (bottom - top)
