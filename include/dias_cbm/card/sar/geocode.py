"""Geocoding of a burst: terrain in burst geometry, and values on the map grid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from threading import Lock
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dias_cbm.card.buffers import Buffers, Fresh
from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT, Annotation
from dias_cbm.card.sar.boxcar import WHOLE
from dias_cbm.card.sar.coregistration import draw_heights, spans_of
from dias_cbm.card.sar.deburst import Part
from dias_cbm.card.sar.dem import HIGHEST, LOWEST, window_around
from dias_cbm.card.sar.geocoding_nodes import STEP, GeocodingNodes, Lattice, Located
from dias_cbm.card.workers import Workers

#: Rows and columns of the grid located at a time.
_BLOCK = 256
#: Blocks that a thread draws before it asks for more: each time, the caller wakes up too.
_TOGETHER = 8
#: Lines into which one thread draws at a time.
_BAND = 128
#: Seconds and metres by which times and ranges within a block may exceed those of its corners.
_BENT = (0.01, 50.0)
#: Places in each direction at which the terrain under a burst is looked for, and pixels to spare.
_SAMPLES, _SLACK = 9, 4

#: Time of the first line [s], seconds between lines, delay of the first sample [s], samples per s.
Scales = tuple[float, float, float, float]


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

    @property
    def scales(self) -> Scales:
        """What turns times and slant ranges into its lines and samples."""
        image = self.image
        return (
            self.time,
            image.line_interval,
            image.slant_range_time,
            image.range_sampling_rate,
        )

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
    rows, columns = (
        np.append(np.arange(0, size, _BLOCK), size) for size in (grid.height, grid.width)
    )
    corners = lattice.nodes_at(rows, columns)
    extremes = [corners.at(height) for height in (LOWEST, HIGHEST)]
    times, ranges = (np.stack(both) for both in zip(*extremes, strict=True))
    found = []
    for i, row in enumerate(rows[:-1].tolist()):
        for j, column in enumerate(columns[:-1].tolist()):
            of = np.s_[:, i : i + 2, j : j + 2]
            size = int(rows[i + 1]) - row, int(columns[j + 1]) - column
            spans = _span(times[of], _BENT[0]), _span(ranges[of], _BENT[1])
            found.append(Block(row, column, *size, *spans))
    return found


def blocks_under(
    burst: BurstImage, lattice: Lattice, blocks: Iterable[Block]
) -> tuple[list[Block], Lattice]:
    """The blocks that a burst may overlap, given the heights of the terrain there.

    :returns: them, and the lattice with the terrain there in memory.
    """
    near = [block for block in blocks if burst.meets(block)]
    if not near:
        return [], lattice
    kept = lattice.keeping(_terrain_under(near, lattice))
    solved = (block for row in _rows_of(near) for block in _solved(row, lattice))
    narrowed = (found for block in solved if (found := _narrowed(block, kept)))
    return [block for block in narrowed if burst.meets(block)], kept


def _solved(row: list[Block], lattice: Lattice) -> Iterator[Block]:
    """Blocks of a row with their nodes."""
    columns = [(block.column, _one_more(block, lattice)[1]) for block in row]
    nodes = lattice.nodes_along(row[0].row, _one_more(row[0], lattice)[0], columns)
    for block, one in zip(row, nodes, strict=True):
        yield block._replace(nodes=one)


def _rows_of(blocks: Iterable[Block]) -> list[list[Block]]:
    """Blocks of the same row together."""
    return [list(row) for _, row in groupby(blocks, key=lambda block: block.row)]


def _terrain_under(blocks: list[Block], lattice: Lattice) -> tuple[int, int, int, int]:
    """Row, column, height and width of the terrain model under blocks and the nodes around them."""
    top, left = blocks[0].row, min(block.column for block in blocks)
    bottom = blocks[-1].row + blocks[-1].rows
    right = max(block.column + block.columns for block in blocks)
    around = lattice.nodes_at(
        *(
            np.linspace(first - STEP - _SLACK, end + STEP + _SLACK, _SAMPLES)
            for first, end in ((top, bottom), (left, right))
        )
    )
    return window_around(around.dem_row, around.dem_column, lattice.dem.shape)


def _one_more(block: Block, lattice: Lattice) -> tuple[int, int]:
    """Rows and columns of a block with those to its right and below, where the grid has them."""
    return (
        min(block.rows + 1, lattice.grid.height - block.row),
        min(block.columns + 1, lattice.grid.width - block.column),
    )


def _narrowed(block: Block, lattice: Lattice) -> Block | None:
    """A block with the times and ranges that it has on its terrain; None without any."""
    if block.nodes is None or not (heights := lattice.heights_around(block.nodes)):
        return None
    extremes = [block.nodes.at(height) for height in heights]
    times, ranges = (np.stack(both) for both in zip(*extremes, strict=True))
    return block._replace(times=_span(times), ranges=_span(ranges))


def _span(values: NDArray[np.float64], more: float = 0.0) -> tuple[float, float]:
    return float(values.min()) - more, float(values.max()) + more


class Drawing:
    """The heights of a burst's pixels, which are drawn when the terrain under it is read.

    Meanwhile threads clear their memory: the first time it takes as long as to read the terrain.

    :param workers: that share the work.
    :param memory: that the heights take, until the next ones do.
    """

    def __init__(self, burst: BurstImage, workers: Workers, memory: Buffers | None = None) -> None:
        shape = burst.image.lines_per_burst, burst.image.samples
        self._burst, self._workers = burst, workers
        self._heights = (memory or Fresh()).array("heights", shape, np.float32)
        self._bands = [
            _Band(first, self._heights[first : first + _BAND], Lock())
            for first in range(0, shape[0], _BAND)
        ]
        self._cleared = workers.map(self._clear, self._bands)

    def heights(self, lattice: Lattice, blocks: Iterable[Block]) -> NDArray[np.float32]:
        """Heights above the ellipsoid of the burst's pixels.

        The cells between the grid's pixels are drawn; blocks share their edges.

        :returns: float32[lines, samples] in m; NaN where the terrain model has none.
        """
        for _ in self._cleared:
            pass

        def draw(some: list[Block]) -> None:
            memory = self._workers.buffers
            with self._workers.times.step("terrain and lattice"):
                for block in some:
                    size = _one_more(block, lattice)
                    located = lattice.locate(block.row, block.column, *size, block.nodes, memory)
                    _draw(self._bands, located, self._burst.scales, memory)

        every = list(blocks)
        together = [every[at : at + _TOGETHER] for at in range(0, len(every), _TOGETHER)]
        for _ in self._workers.map(draw, together):
            pass
        return self._heights

    def _clear(self, band: _Band) -> None:
        with self._workers.times.step("terrain and lattice"):
            band.heights.fill(np.nan)


class _Band(NamedTuple):
    """Lines of a burst, and the lock of the thread that draws in them.

    :param first: of the burst.
    :param heights: float32[lines, samples].
    """

    first: int
    heights: NDArray[np.float32]
    drawing: Lock

    def meets(self, spans: NDArray[np.float64]) -> bool:
        """Whether cells with these lines, see :func:`spans_of`, are in it."""
        behind = self.first + len(self.heights)
        return bool(spans[:, 1].max() >= self.first and spans[:, 0].min() < behind)


def _draw(bands: Iterable[_Band], located: Located, scales: Scales, memory: Buffers) -> None:
    """Draw a block in all bands, first in those where no other thread draws.

    The highest is kept, whatever block is drawn first.
    """
    line, sample = memory.array("line and sample", (2, *located.time.shape), np.float64)
    _place(located.time, located.slant_range, scales, line, sample)
    spans = spans_of(line)
    left = [band for band in bands if band.meets(spans)]
    while left:
        free = (one for one in left if one.drawing.acquire(blocking=False))
        band = next(free, None)
        if band is None:
            band = left[0]
            band.drawing.acquire()
        try:
            draw_heights(line, sample, located.above, spans, band.first, band.heights)
        finally:
            band.drawing.release()
        left = [one for one in left if one is not band]


def lay_on(
    located: Located,
    burst: BurstImage,
    part: Part,
    values: NDArray[np.uint16],
    shift: tuple[float, float],
    result: NDArray[np.float32],
) -> None:
    """Lay a burst's values on a block of the grid, bilinear between its pixels.

    :param part: the part that the burst contributes; its values elsewhere are not used.
    :param values: uint16[polarisations, lines, samples], ``WHOLE`` for 1, 0 for none.
    :param shift: lines and samples from the place of a value to its pixel.
    :param result: float32[polarisations, rows, columns], 0 to begin with.
    """
    _lay(located.time, located.slant_range, burst.scales, part, shift, values, result)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _line_and_sample(
    time: float, slant_range: float, scales: Scales
) -> tuple[float, float]:  # pragma: no cover - compiled
    first, interval, delay, rate = scales
    return (time - first) / interval, (2 * slant_range / SPEED_OF_LIGHT - delay) * rate


@njit(cache=True, nogil=True, error_model="numpy")
def _place(
    time: NDArray[np.float64],
    slant_range: NDArray[np.float64],
    scales: Scales,
    line: NDArray[np.float64],
    sample: NDArray[np.float64],
) -> None:  # pragma: no cover - compiled
    """Fill the lines and samples at which a block of the grid lies."""
    for row in range(time.shape[0]):
        for k in range(time.shape[1]):
            line[row, k], sample[row, k] = _line_and_sample(
                time[row, k], slant_range[row, k], scales
            )


@njit(cache=True, nogil=True, error_model="numpy")
def _lay(
    time: NDArray[np.float64],
    slant_range: NDArray[np.float64],
    scales: Scales,
    given: Part,
    shift: tuple[float, float],
    values: NDArray[np.uint16],
    result: NDArray[np.float32],
) -> None:  # pragma: no cover - compiled
    """Arguments as of :func:`lay_on`."""
    layers, rows, columns = result.shape
    lines, samples = values.shape[1:]
    for row in range(rows):
        for column in range(columns):
            at, distance = time[row, column], slant_range[row, column]
            if not (given.start <= at < given.stop and given.near <= distance < given.far):
                continue
            y, x = _line_and_sample(at, distance, scales)
            y, x = y + shift[0], x + shift[1]
            if not (y >= 0 and y < lines - 1 and x >= 0 and x < samples - 1):
                continue
            i, j = int(y), int(x)
            down, right = y - i, x - j
            for layer in range(layers):
                a, b = float(values[layer, i, j]), float(values[layer, i, j + 1])
                c, d = float(values[layer, i + 1, j]), float(values[layer, i + 1, j + 1])
                if a > 0 and b > 0 and c > 0 and d > 0:
                    top, bottom = a + right * (b - a), c + right * (d - c)
                    result[layer, row, column] = (top + down * (bottom - top)) / WHOLE
