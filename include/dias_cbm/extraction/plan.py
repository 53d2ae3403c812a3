"""The reading plan: the pieces of a raster that hold pixels of parcels, from the top down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np

from dias_cbm.extraction.spans import Spans
from dias_cbm.products.open import Grid

# A raster stored without tiles is read in column steps of this size.
_COLUMN_STEP = 256

#: Such a raster is read at most this many rows at a time, since all their columns are: of more, few
#: are still in a processor's cache when their pixels are copied to the parcels.
UNTILED_ROWS = 48

# Tiles are read this many columns at a time: with some hundred rows they fit a processor's cache.
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
    """Rows of a grid to read, ``[first, end)``, and the needed windows of them."""

    first: int
    end: int
    windows: tuple[Window, ...]


def plan(spans: Spans, grid: Grid, block: tuple[int, int], stripe_rows: int) -> list[Stripe]:
    """The pieces of a grid that hold spans, from the top down.

    Stripes are whole rows of the raster's blocks and windows are whole blocks, so that none is
    decoded twice; blocks without spans are left out. Blocks far taller than a stripe are cut.

    :param block: rows and columns of the raster's blocks.
    :param stripe_rows: to read at a time, of a raster without tiles at most :data:`UNTILED_ROWS`;
        rounded to whole blocks.
    """
    block_rows, block_columns = block
    tiled = block_columns < grid.width
    step = block_columns if tiled else min(_COLUMN_STEP, grid.width)
    rows = stripe_rows if tiled else min(stripe_rows, UNTILED_ROWS)
    height = -(-rows // block_rows) * block_rows if block_rows <= 2 * stripe_rows else stripe_rows
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
    """Mark the cells of ``height`` rows and ``step`` columns that hold pixels of runs."""
    rows, columns, lengths = runs
    for span in range(rows.size):
        for cell in range(columns[span] // step, (columns[span] + lengths[span] - 1) // step + 1):
            used[rows[span] // height, cell] = True


def _runs(used: np.ndarray, step: int, width: int, tiled: bool) -> tuple[tuple[int, int], ...]:
    cells = np.flatnonzero(used)
    if not tiled:  # reading the whole range once is cheaper than several pieces
        return ((int(cells[0]) * step, min((int(cells[-1]) + 1) * step, width)),)
    most = max(1, _WINDOW_COLUMNS // step)
    runs: list[list[int]] = []
    for cell in cells.tolist():
        if runs and cell == runs[-1][1] and cell - runs[-1][0] < most:
            runs[-1][1] += 1
        else:
            runs.append([cell, cell + 1])
    return tuple((first * step, min(end * step, width)) for first, end in runs)
