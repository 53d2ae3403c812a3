"""Reading the pixels of a product's bands that parcels need, a stripe at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
import rasterio
import rasterio.windows
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from cbm.card.product import Band, Grid
from cbm.errors import CorruptProduct, GridError, InconsistentProduct
from cbm.extraction.spans import Spans
from cbm.settings import settings

# A raster stored without tiles is read in column steps of this size.
_COLUMN_STEP = 256

# Tiles are read so many columns at a time: with some hundred rows, what a processor's cache holds.
_WINDOW_COLUMNS = 1024


class Window(NamedTuple):
    """A rectangle of a grid: rows ``[top, bottom)`` and columns ``[left, right)``."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.bottom - self.top, self.right - self.left

    @property
    def size(self) -> int:
        """Pixels."""
        rows, columns = self.shape
        return rows * columns


@dataclass(frozen=True, slots=True)
class Stripe:
    """Rows of a grid to read, ``[first, end)``, and the windows of them that are needed."""

    first: int
    end: int
    windows: tuple[Window, ...]


def check_grid(grid: Grid, subject: object) -> None:
    """See that spans can be laid on a grid.

    :raises GridError: no CRS, no extent, rotated or sheared.
    """
    if grid.crs is None:
        raise GridError("has no CRS", subject=subject, hint="add one with gdal_edit.py -a_srs")
    if grid.transform.b or grid.transform.d:
        raise GridError(
            "is rotated or sheared", subject=subject, hint="warp it to a north-up grid first"
        )
    if not (grid.transform.a and grid.transform.e and grid.width > 0 and grid.height > 0):
        raise GridError("has no extent", subject=subject)


@contextmanager
def open_bands(bands: Sequence[Band]) -> Iterator[list[DatasetReader]]:
    """The bands' datasets, each file opened once, GDAL's cache bounded by the settings.

    :raises CorruptProduct: a file cannot be opened.
    """
    # Rasterio takes bytes here, where GDAL's own option would take 64 for megabytes.
    with rasterio.Env(GDAL_CACHEMAX=settings().gdal_cache_mb << 20), ExitStack() as stack:
        opened: dict[str, DatasetReader] = {}
        for band in bands:
            if band.path not in opened:
                try:
                    opened[band.path] = stack.enter_context(rasterio.open(band.path))
                except RasterioError as error:
                    raise CorruptProduct(f"cannot be opened: {error}", subject=band.path) from error
        yield [opened[band.path] for band in bands]


def read_into(
    dataset: DatasetReader, bands: Sequence[Band], window: Window, out: np.ndarray
) -> None:
    """Read a window of a file's bands; GDAL converts to the dtype of ``out``.

    Together, because a file may keep its bands in the same blocks.

    :param out: [bands, rows, columns].
    :raises CorruptProduct: the window cannot be decoded.
    """
    rows, columns = window.shape
    place = rasterio.windows.Window(window.left, window.top, columns, rows)
    try:
        dataset.read([band.index for band in bands], window=place, out=out)
    except RasterioError as error:
        names = " or ".join(band.name for band in bands)
        raise CorruptProduct(
            f"band {names} cannot be decoded in rows {window.top} to {window.bottom}: {error}",
            subject=bands[0].path,
        ) from error


def working_dtype(bands: Sequence[Band]) -> np.dtype:
    """float32 where that holds every stored number exactly, else float64.

    :raises InconsistentProduct: complex numbers.
    """
    for band in bands:
        if band.dtype.startswith("complex"):
            raise InconsistentProduct(f"band {band.name} holds complex numbers", subject=band.path)
    exact = all(np.can_cast(band.dtype, np.float32) for band in bands)
    return np.dtype(np.float32 if exact else np.float64)


def plan(spans: Spans, grid: Grid, block: tuple[int, int], stripe_rows: int) -> list[Stripe]:
    """Which pieces of a grid hold spans, from the top down.

    Stripes are whole rows of the raster's blocks and windows whole blocks, so that none is decoded
    twice; blocks without spans are left out. A block far taller than a stripe is cut all the same.

    :param block: rows and columns of the raster's blocks.
    """
    block_rows, block_columns = block
    tiled = block_columns < grid.width
    step = block_columns if tiled else min(_COLUMN_STEP, grid.width)
    height = (
        -(-stripe_rows // block_rows) * block_rows if block_rows <= 2 * stripe_rows else stripe_rows
    )
    used = np.zeros((-(-grid.height // height), -(-grid.width // step)), np.bool_)
    _mark(spans.runs, height, step, used)
    stripes = []
    for i in np.flatnonzero(used.any(axis=1)).tolist():
        top, bottom = i * height, min((i + 1) * height, grid.height)
        columns = _runs(used[i], step, grid.width, tiled)
        stripes.append(Stripe(top, bottom, tuple(Window(top, bottom, *run) for run in columns)))
    return stripes


@numba.njit(cache=True, nogil=True)
def _mark(runs, height, step, used):  # type: ignore[no-untyped-def]
    """Set the cells of ``height`` rows and ``step`` columns that hold pixels of runs."""
    rows, columns, lengths = runs
    for span in range(rows.size):
        for cell in range(columns[span] // step, (columns[span] + lengths[span] - 1) // step + 1):
            used[rows[span] // height, cell] = True


def _runs(used: np.ndarray, step: int, width: int, tiled: bool) -> tuple[tuple[int, int], ...]:
    cells = np.flatnonzero(used)
    if not tiled:  # one read of the range is cheaper than several of its pieces
        return ((int(cells[0]) * step, min((int(cells[-1]) + 1) * step, width)),)
    most = max(1, _WINDOW_COLUMNS // step)
    runs: list[list[int]] = []
    for cell in cells.tolist():
        if runs and cell == runs[-1][1] and cell - runs[-1][0] < most:
            runs[-1][1] += 1
        else:
            runs.append([cell, cell + 1])
    return tuple((first * step, min(end * step, width)) for first, end in runs)
