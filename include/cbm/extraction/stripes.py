"""One stripe of a grid in memory: its bands, the indices made of them, and its mask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from rasterio.io import DatasetReader

from cbm.card.product import Band, Grid
from cbm.errors import InconsistentProduct
from cbm.extraction.grids import Group
from cbm.extraction.raster import Stripe, read_into, working_dtype

#: As ``statistics.gather`` takes it: classes, their row and column by those of the stripe, clear.
MaskArrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]

_NO_MASK: MaskArrays = (
    np.zeros((0, 0), np.uint8),
    np.zeros(0, np.int64),
    np.zeros(0, np.int64),
    np.zeros(256, bool),
)


# Pixels for which an index is computed at a time.
_AT_A_TIME = 1 << 18


@dataclass(frozen=True, slots=True)
class ClearMask:
    """Which pixels count, by scene classification.

    :param scl: the classification; a pixel has the class that its centre lies in.
    :param classes: those that count as clear.
    """

    scl: Band
    classes: tuple[int, ...]


class StripeBuffer:
    """The pixels of one stripe after the other, in one array.

    :param group: bands and indices of one grid; the indices' layers follow the bands'.
    :param datasets: opened, of the group's bands, then of its inputs.
    :param stripes: all that will be read; they set the size of the array.
    """

    def __init__(
        self, group: Group, datasets: Sequence[DatasetReader], stripes: Sequence[Stripe]
    ) -> None:
        self._bands, self._datasets, self._indices = group.bands, datasets, group.indices
        self._files = list(_neighbours(group.bands))
        self._needed = {name for index in group.indices for name in index.inputs}
        left = min(stripe.runs[0][0] for stripe in stripes)
        right = max(stripe.runs[-1][1] for stripe in stripes)
        #: First column of the array, and the column after its last.
        self.columns = left, right
        shape = (len(group.names), max(stripe.end - stripe.first for stripe in stripes))
        #: float[layers, rows, columns]; only what the stripe's runs cover is of this stripe.
        dtype = working_dtype([*group.bands, *group.inputs])
        self.pixels = np.empty((*shape, right - left), dtype)
        #: float[layers]; NaN for none.
        self.nodata = np.full(shape[0], np.nan, dtype)
        self.nodata[: len(self._bands)] = [_nodata(band) for band in self._bands]
        further = zip(group.inputs, datasets[len(group.bands) :], strict=False)
        self._inputs = [
            NearestReader(band, dataset, group.grid, self.columns, dtype)
            for band, dataset in further
        ]

    def read(self, stripe: Stripe) -> None:
        """Read a stripe's runs of columns and compute its indices.

        :raises CorruptProduct: a window cannot be decoded.
        """
        rows = stripe.end - stripe.first
        for run in stripe.runs:
            out = self.pixels[:, :rows, self._within(run)]
            for layers in self._files:
                bands, dataset = self._bands[layers], self._datasets[layers.start]
                read_into(dataset, bands, (stripe.first, stripe.end), run, out[layers])
        if not self._indices:
            return
        inputs = [reader.read(stripe) for reader in self._inputs]
        for run in stripe.runs:
            columns = self._within(run)
            # Piece by piece: the intermediate results of a formula stay in the processor's cache.
            step = max(1, _AT_A_TIME // (run[1] - run[0]))
            for first in range(0, rows, step):
                self._evaluate(slice(first, min(first + step, rows)), columns, inputs)

    def _within(self, run: tuple[int, int]) -> slice:
        return slice(run[0] - self.columns[0], run[1] - self.columns[0])

    def _evaluate(self, rows: slice, columns: slice, inputs: Sequence[Nearest]) -> None:
        values = {
            band.name: _physical(layer[rows, columns], band)
            for band, layer in zip(self._bands, self.pixels, strict=False)
            if band.name in self._needed
        }
        for reader, nearest in zip(self._inputs, inputs, strict=True):
            values[reader.band.name] = _physical(nearest.part(rows, columns), reader.band)
        layers = self.pixels[len(self._bands) :]
        for index, layer in zip(self._indices, layers, strict=True):
            index.evaluate(values, layer[rows, columns])


def _neighbours(bands: Sequence[Band]) -> Iterator[slice]:
    """Places of bands that follow each other and are of one file."""
    first = 0
    for _, same in groupby(bands, key=lambda band: band.path):
        end = first + len(list(same))
        yield slice(first, end)
        first = end


def _nodata(band: Band) -> float:
    return np.nan if band.nodata is None else band.nodata


def _physical(stored: np.ndarray, band: Band) -> np.ndarray:
    """The values that stored numbers stand for; NaN where they stand for none."""
    real = stored.dtype.type
    values = stored * real(band.scale) + real(band.offset)
    values[stored == real(_nodata(band))] = np.nan
    return values


@dataclass(frozen=True, slots=True)
class Nearest:
    """Pixels of one grid under a stripe of another.

    :param pixels: [r, c].
    :param row: int64, row of ``pixels`` for each row of the stripe; -1 outside.
    :param column: the same of columns.
    """

    pixels: np.ndarray
    row: np.ndarray
    column: np.ndarray

    def part(self, rows: slice, columns: slice) -> np.ndarray:
        """The pixels under a part of the stripe; NaN outside."""
        row, column = self.row[rows], self.column[columns]
        values = np.full((len(row), len(column)), np.nan, self.pixels.dtype)
        within = np.ix_(row >= 0, column >= 0)
        values[within] = self.pixels[np.ix_(row[row >= 0], column[column >= 0])]
        return values


class NearestReader:
    """A band under the stripes of another grid; a pixel there has the one its centre lies in.

    :param band: on its own grid, with its opened dataset.
    :param grid: that of the stripes.
    :param columns: first column of the stripes' array, and the column after its last.
    :raises InconsistentProduct: the grids differ in CRS.
    """

    def __init__(
        self,
        band: Band,
        dataset: DatasetReader,
        grid: Grid,
        columns: tuple[int, int],
        dtype: np.dtype,
    ) -> None:
        own = band.grid
        if own.crs != grid.crs:
            raise InconsistentProduct(
                f"is in {own.crs}, but the bands in {grid.crs}", subject=band.path
            )
        self.band, self._dataset, self._grid, self._dtype = band, dataset, grid, dtype
        column = np.arange(*columns) + 0.5
        x = (grid.transform.c + column * grid.transform.a - own.transform.c) / own.transform.a
        self._column = _within(np.floor(x), own.width)

    def read(self, stripe: Stripe) -> Nearest:
        """What lies under a stripe.

        :raises CorruptProduct: a window cannot be decoded.
        """
        own, grid = self.band.grid, self._grid
        centre = np.arange(stripe.first, stripe.end) + 0.5
        y = (grid.transform.f + centre * grid.transform.e - own.transform.f) / own.transform.e
        row = _within(np.floor(y), own.height)
        rows, columns = _range(row), _range(self._column)
        pixels = np.zeros((rows[1] - rows[0], columns[1] - columns[0]), self._dtype)
        if pixels.size:
            read_into(self._dataset, [self.band], rows, columns, pixels[None])
        return Nearest(pixels, _from(row, rows[0]), _from(self._column, columns[0]))


class NoMask:
    """Every pixel counts."""

    def read(self, stripe: Stripe) -> MaskArrays:
        """The same for every stripe."""
        return _NO_MASK


class MaskReader:
    """The classes under the stripes of a grid, from a classification on its own, coarser grid.

    :param mask: what counts as clear.
    :param dataset: the classification, opened.
    :param grid: that of the bands.
    :param columns: as :class:`NearestReader` takes them.
    :raises InconsistentProduct: bands and classification differ in CRS.
    """

    def __init__(
        self, mask: ClearMask, dataset: DatasetReader, grid: Grid, columns: tuple[int, int]
    ) -> None:
        self._reader = NearestReader(mask.scl, dataset, grid, columns, np.dtype(np.uint8))
        self._clear = np.zeros(256, bool)
        self._clear[list(mask.classes)] = True

    def read(self, stripe: Stripe) -> MaskArrays:
        """The classes under a stripe.

        :raises CorruptProduct: a window cannot be decoded.
        """
        classes = self._reader.read(stripe)
        return classes.pixels, classes.row, classes.column, self._clear


def _within(position: np.ndarray, size: int) -> np.ndarray:
    """Positions as int64, -1 for those outside."""
    return np.where((position >= 0) & (position < size), position, -1).astype(np.int64)


def _range(position: np.ndarray) -> tuple[int, int]:
    known = position[position >= 0]
    return (int(known.min()), int(known.max()) + 1) if known.size else (0, 0)


def _from(position: np.ndarray, first: int) -> np.ndarray:
    return np.where(position >= 0, position - first, -1)
