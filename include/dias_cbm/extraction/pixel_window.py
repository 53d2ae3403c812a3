"""A window of a grid in memory: its bands, the indices computed from them, and its mask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from dias_cbm.errors import InconsistentProduct
from dias_cbm.extraction.grids import Group
from dias_cbm.extraction.plan import Stripe, Window
from dias_cbm.extraction.raster import Raster, working_dtype
from dias_cbm.products.open import Band, Grid

#: For ``gather.gather``: classes, their row and column for those of the window, clear classes.
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
    """The rule for which pixels count, by scene classification.

    :param scl: the classification; a pixel has the class at its centre.
    :param classes: those that count as clear.
    """

    scl: Band
    classes: tuple[int, ...]


class WindowBuffer:
    """The pixels of one window after another, in one piece of memory.

    :param group: bands and indices of one grid; the indices' layers follow the bands'.
    :param rasters: opened, of the group's bands, then of its inputs.
    :param stripes: all that will be read; they determine the size of the memory.
    """

    def __init__(self, group: Group, rasters: Sequence[Raster], stripes: Sequence[Stripe]) -> None:
        self._bands, self._rasters, self._indices = group.bands, rasters, group.indices
        self._files = list(_neighbours(group.bands))
        self._needed = {name for index in group.indices for name in index.inputs}
        layers = len(group.names)
        dtype = working_dtype([*group.bands, *group.inputs])
        largest = max(window.size for stripe in stripes for window in stripe.windows)
        self._room = np.empty(layers * largest, dtype)
        #: float[layers, rows, columns] of the window that was read last.
        self.pixels = self._room[:0].reshape(layers, 0, 0)
        #: float[layers]; NaN for none.
        self.nodata = np.full(layers, np.nan, dtype)
        self.nodata[: len(self._bands)] = [band.missing for band in self._bands]
        further = zip(group.inputs, rasters[len(group.bands) :], strict=False)
        self._inputs = [NearestReader(band, raster, group.grid, dtype) for band, raster in further]

    def read(self, window: Window) -> None:
        """Read a window and compute its indices.

        :raises CorruptProduct: it cannot be decoded.
        """
        layers, (rows, columns) = len(self.nodata), window.shape
        self.pixels = self._room[: layers * rows * columns].reshape(layers, rows, columns)
        for part in self._files:
            self._rasters[part.start].read(self._bands[part], window, self.pixels[part])
        if not self._indices:
            return
        inputs = [reader.read(window) for reader in self._inputs]
        # Piece by piece: the intermediate results of a formula stay in the processor's cache.
        step = max(1, _AT_A_TIME // columns)
        for first in range(0, rows, step):
            self._evaluate(slice(first, min(first + step, rows)), inputs)

    def _evaluate(self, rows: slice, inputs: Sequence[Nearest]) -> None:
        values = {
            band.name: _physical(layer[rows], band)
            for band, layer in zip(self._bands, self.pixels, strict=False)
            if band.name in self._needed
        }
        for reader, nearest in zip(self._inputs, inputs, strict=True):
            values[reader.band.name] = _physical(nearest.part(rows), reader.band)
        layers = self.pixels[len(self._bands) :]
        for index, layer in zip(self._indices, layers, strict=True):
            index.evaluate(values, layer[rows])


def _neighbours(bands: Sequence[Band]) -> Iterator[slice]:
    """Slices of consecutive bands of one file."""
    first = 0
    for _, same in groupby(bands, key=lambda band: band.path):
        end = first + len(list(same))
        yield slice(first, end)
        first = end


def _physical(stored: np.ndarray, band: Band) -> np.ndarray:
    """The physical values of stored numbers; NaN for no data."""
    real = stored.dtype.type
    values = stored * real(band.scale) + real(band.offset)
    values[stored == real(band.missing)] = np.nan
    return values


@dataclass(frozen=True, slots=True)
class Nearest:
    """Pixels of one grid under a window of another.

    :param pixels: [r, c].
    :param row: int64, row of ``pixels`` for each row of the window; -1 outside.
    :param column: the same of columns.
    """

    pixels: np.ndarray
    row: np.ndarray
    column: np.ndarray

    def part(self, rows: slice) -> np.ndarray:
        """The pixels under some rows of the window; NaN outside."""
        row, column = self.row[rows], self.column
        values = np.full((len(row), len(column)), np.nan, self.pixels.dtype)
        within = np.ix_(row >= 0, column >= 0)
        values[within] = self.pixels[np.ix_(row[row >= 0], column[column >= 0])]
        return values


class NearestReader:
    """A band under the windows of another grid; each pixel there takes the one at its centre.

    :param band: on its own grid, with its opened file.
    :param grid: that of the windows.
    :raises InconsistentProduct: the grids differ in CRS.
    """

    def __init__(self, band: Band, raster: Raster, grid: Grid, dtype: np.dtype) -> None:
        if band.grid.crs != grid.crs:
            raise InconsistentProduct(
                f"is in {band.grid.crs}, but the bands in {grid.crs}", subject=band.path
            )
        self.band, self._raster, self._grid, self._dtype = band, raster, grid, dtype

    def read(self, window: Window) -> Nearest:
        """The pixels under a window.

        :raises CorruptProduct: it cannot be decoded.
        """
        own, theirs = self.band.grid, self._grid
        centre_x = theirs.transform.c + (_centres(window.left, window.right) * theirs.transform.a)
        centre_y = theirs.transform.f + (_centres(window.top, window.bottom) * theirs.transform.e)
        column = _position((centre_x - own.transform.c) / own.transform.a, own.width)
        row = _position((centre_y - own.transform.f) / own.transform.e, own.height)
        under = Window(*_range(row), *_range(column))
        pixels = np.zeros(under.shape, self._dtype)
        if pixels.size:
            self._raster.read([self.band], under, pixels[None])
        return Nearest(pixels, _from(row, under.top), _from(column, under.left))


class NoMask:
    """A mask by which every pixel counts."""

    def read(self, window: Window) -> MaskArrays:
        """The empty mask, the same for every window."""
        return _NO_MASK


class MaskReader:
    """The classes under the windows of a grid, from a classification on its own, coarser grid.

    :param mask: what counts as clear.
    :param raster: the classification, opened.
    :param grid: that of the bands.
    :raises InconsistentProduct: bands and classification differ in CRS.
    """

    def __init__(self, mask: ClearMask, raster: Raster, grid: Grid) -> None:
        self._reader = NearestReader(mask.scl, raster, grid, np.dtype(np.uint8))
        self._clear = np.zeros(256, bool)
        self._clear[list(mask.classes)] = True

    def read(self, window: Window) -> MaskArrays:
        """The classes under a window.

        :raises CorruptProduct: it cannot be decoded.
        """
        classes = self._reader.read(window)
        return classes.pixels, classes.row, classes.column, self._clear


def _centres(first: int, end: int) -> np.ndarray:
    return np.arange(first, end) + 0.5


def _position(place: np.ndarray, size: int) -> np.ndarray:
    """The pixel at each place, as int64; -1 outside."""
    position = np.floor(place)
    return np.where((position >= 0) & (position < size), position, -1).astype(np.int64)


def _range(position: np.ndarray) -> tuple[int, int]:
    known = position[position >= 0]
    return (int(known.min()), int(known.max()) + 1) if known.size else (0, 0)


def _from(position: np.ndarray, first: int) -> np.ndarray:
    return np.where(position >= 0, position - first, -1)
