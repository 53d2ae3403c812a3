"""Height of the ground under an optical tile, from an elevation model or else from the settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from dias_cbm.card.sar.dem import Dem
from dias_cbm.card.sar.geoid import undulation
from dias_cbm.products.model import Grid
from dias_cbm.vertical_datum import VerticalDatum

Floats = NDArray[np.float64]

#: Places asked for along each side of a tile, about every 430 m, and along each side of one read.
_PLACES, _AT_ONCE = 256, 16


@dataclass(frozen=True, slots=True)
class Altitude:
    """A height above the sea and where it is from.

    :param metres: mean of the tile's ground; land below the sea counts as at the sea.
    :param origin: e.g. ``dem.tif``, ``dem.tif, 81 % of the tile`` or ``settings``.
    """

    metres: float
    origin: str


def altitude_of(
    grid: Grid,
    valid: NDArray[np.bool_],
    dem: Path | None,
    datum: VerticalDatum,
    otherwise: float,
) -> Altitude:
    """The mean height of the ground that an image shows.

    :param grid: of the image.
    :param valid: which of its pixels hold data; rows x columns.
    :param dem: see :class:`dias_cbm.card.sar.dem.Dem`; None to take ``otherwise``.
    :param otherwise: metres, used where the model has no height of the tile.
    :raises ElevationError: the model cannot be read.
    """
    if dem is None:
        return Altitude(otherwise, "settings")
    with Dem(dem, datum) as model:
        above_sea = [
            model.heights(*place) - undulation(*place, VerticalDatum.EGM2008)
            for place in _places(grid, valid)
        ]
    heights = np.concatenate(above_sea) if above_sea else np.empty(0)
    known = heights[np.isfinite(heights)]
    if not len(known):
        return Altitude(otherwise, f"settings, as {dem.name} has no heights of the tile")
    share = len(known) / len(heights)
    part = "" if share > 0.995 else f", {100 * share:.0f} % of the tile"
    return Altitude(max(0.0, float(known.mean())), f"{dem.name}{part}")


def _places(grid: Grid, valid: NDArray[np.bool_]) -> Iterator[tuple[Floats, Floats]]:
    """Longitude and latitude of a sample of an image's pixels with data, block by block."""
    if grid.crs is None:
        return
    to_degrees = Transformer.from_crs(grid.crs.to_wkt(), "EPSG:4326", always_xy=True)
    rows, columns = (
        np.unique(np.linspace(0, size - 1, min(size, _PLACES)).astype(int)) for size in valid.shape
    )
    for top in range(0, len(rows), _AT_ONCE):
        for left in range(0, len(columns), _AT_ONCE):
            row, column = np.meshgrid(
                rows[top : top + _AT_ONCE], columns[left : left + _AT_ONCE], indexing="ij"
            )
            seen = valid[row, column]
            if seen.any():
                x, y = grid.transform @ (column[seen] + 0.5, row[seen] + 0.5)
                longitude, latitude = to_degrees.transform(x, y)
                yield np.asarray(longitude), np.asarray(latitude)
