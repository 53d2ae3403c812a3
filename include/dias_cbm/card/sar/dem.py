"""Heights from a terrain model, with its holes and edges."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import copy
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import numba
import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from rasterio.errors import RasterioError
from rasterio.windows import Window

from dias_cbm.card.sar.geoid import undulation
from dias_cbm.card.sar.mosaic import check_plain, mosaic_of
from dias_cbm.errors import ElevationError, ProductError
from dias_cbm.products.masks import hidden
from dias_cbm.products.model import grid_of
from dias_cbm.rasters import open_raster
from dias_cbm.vertical_datum import VerticalDatum

Floats = NDArray[np.float64]

#: No ground lies beyond these heights, in m: what a model has there is nodata that its header does
#: not declare.
LOWEST, HIGHEST = -1000.0, 9000.0
#: Pixels that are read at a time at most, 256 MB: a strip of a scene over pixels of 10 m.
_LARGEST_WINDOW = 64 << 20
#: Pixels that are kept at most, 64 MB, and rows that are searched for nodata at a time.
_LARGEST_KEPT, _ROWS = 16 << 20, 256


class Dem:
    """A terrain model: any raster that GDAL opens, in any CRS, or a folder of tiles of one CRS.

    A context manager. Heights are bilinear between pixel centres, and NaN where one of the
    surrounding pixels has none: a hole, the edge, or the sea where the model leaves it out.

    :param path: a raster file, or a folder of GeoTIFFs.
    :param datum: what its heights are above.
    :raises ElevationError: missing, not a raster of heights in metres, without CRS, rotated, or
        above something else by its CRS.
    """

    def __init__(self, path: Path, datum: VerticalDatum = VerticalDatum.EGM2008) -> None:
        self.path, self.datum = path, VerticalDatum(datum)
        if not path.exists():
            raise ElevationError("does not exist", subject=path)
        with ExitStack() as opened:
            with _blamed(path):
                self._dataset = (
                    rasterio.open(mosaic_of(path), driver="VRT")
                    if path.is_dir()
                    else open_raster(path)
                )
                opened.callback(self._dataset.close)
                transform = grid_of(self._dataset).transform
                check_plain(self._dataset, path)
            if self._dataset.crs is None or transform.b or transform.d or transform.is_degenerate:
                raise ElevationError("has no CRS, or is rotated", subject=path)
            if self._dataset.dtypes[0].startswith("complex"):
                raise ElevationError("has complex numbers, not heights", subject=path)
            try:
                crs = CRS.from_wkt(self._dataset.crs.to_wkt())
                horizontal = crs.to_2d()
                self._to_model = Transformer.from_crs("EPSG:4326", horizontal, always_xy=True)
            except ProjError as error:
                raise ElevationError("has a CRS that is nowhere on Earth", subject=path) from error
            _check_datum(crs, self.datum, path)
            opened.pop_all()
        self._inverse = ~transform
        self._reading = Lock()
        self._kept: tuple[int, int, NDArray[np.float32]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._dataset.close()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self._dataset.height, self._dataset.width

    def coordinates(self, longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
        """Row and column of places, from 0 at the centre of the first pixel.

        :param longitude: degrees.
        """
        try:
            x, y = self._to_model.transform(longitude, latitude)
        except ProjError as error:
            raise ElevationError(
                f"its CRS does not cover the scene: {error}", subject=self.path
            ) from error
        column, row = self._inverse @ (np.asarray(x), np.asarray(y))
        return row - 0.5, column - 0.5

    def read(self, row: int, column: int, height: int, width: int) -> NDArray[np.float32]:
        """Heights above the datum; NaN in holes and beyond the edges. One thread at a time reads.

        They may be a part of what is kept, and must not be changed.

        :raises ElevationError: it cannot be decoded, or its pixels are far too small.
        """
        if height * width > _LARGEST_WINDOW:
            raise ElevationError(
                f"has {height} x {width} pixels in one block",
                subject=self.path,
                hint="its pixels are too small for this; average them first",
            )
        if self._kept is not None:
            top, left, kept = self._kept
            rows, columns = row - top, column - left
            inside = 0 <= rows <= kept.shape[0] - height
            if inside and 0 <= columns <= kept.shape[1] - width:
                return kept[rows : rows + height, columns : columns + width]
        values = np.empty((height, width), np.float32)
        self._fill(row, column, values)
        return values

    def _fill(self, row: int, column: int, values: NDArray[np.float32]) -> None:
        """Read a window at once, so that each block of the file is decoded once."""
        height, width = values.shape
        top, left = max(row, 0), max(column, 0)
        bottom, right = min(row + height, self.shape[0]), min(column + width, self.shape[1])
        part = values[top - row : bottom - row, left - column : right - column]
        if bottom <= top or right <= left:
            part = values[:0]
        if part.shape != values.shape:
            values.fill(np.nan)
        if not part.size:
            return
        window = Window(left, top, right - left, bottom - top)
        with _blamed(self.path), self._reading:
            self._dataset.read(1, window=window, out=part)
            masked = hidden(self._dataset, 1, window=window)
        nodata = self._dataset.nodata
        for first in range(0, len(part), _ROWS):
            some = part[first : first + _ROWS]
            missing = some < LOWEST
            missing |= some > HIGHEST
            if nodata is not None:
                missing |= some == np.float32(nodata)
            if masked is not None:
                missing |= masked[first : first + _ROWS]
            some[missing] = np.nan

    def keeping(self, row: int, column: int, height: int, width: int) -> Dem:
        """The same model with a part in memory, which is not read again; not if it is large.

        It can be used until this one is closed.
        """
        found = copy(self)
        if height * width > _LARGEST_KEPT:
            return found
        kept = np.empty((height, width), np.float32)
        self._fill(row, column, kept)
        found._kept = row, column, kept
        return found

    def heights(self, longitude: Floats, latitude: Floats) -> Floats:
        """Heights above the ellipsoid in m; NaN where the model has none.

        :param longitude: degrees, of places close together: everything between them is read.
        """
        row, column = self.coordinates(longitude, latitude)
        heights = np.full(np.shape(row), np.nan)
        there = np.isfinite(row) & np.isfinite(column)
        if not there.any():
            return heights
        window = window_around(row[there], column[there], self.shape)
        surface = interpolate(self.read(*window), row - window[0], column - window[1])
        return surface + undulation(longitude, latitude, self.datum)


def _check_datum(crs: CRS, datum: VerticalDatum, path: Path) -> None:
    """Check a datum by the CRS, if that has one: geoid and ellipsoid are up to 100 m apart."""
    if len(crs.axis_info) < 3:
        return
    on_ellipsoid = not crs.is_compound
    if on_ellipsoid != (datum is VerticalDatum.ELLIPSOID):
        raise ElevationError(
            f"has heights of {crs.name}, and is set to be above {datum}",
            subject=path,
            hint="see the setting card.dem_datum",
        )


@contextmanager
def _blamed(path: Path) -> Iterator[None]:
    """Blame faults of a model on it, not on the product that is made with it."""
    try:
        yield
    except ProductError as error:
        raise ElevationError(error.message, subject=error.subject, hint=error.hint) from error
    except RasterioError as error:
        raise ElevationError(f"cannot be decoded: {error}", subject=path) from error


def window_around(row: Floats, column: Floats, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """Row, column, height and width of the pixels that interpolation at places needs.

    :param row: of the places; NaN and places outside a raster of ``shape`` are ignored.
    """
    sides = []
    for places, size in ((row, shape[0]), (column, shape[1])):
        low = int(np.floor(np.clip(np.nanmin(places), -2, size + 1)))
        high = int(np.floor(np.clip(np.nanmax(places), -2, size + 1))) + 2
        sides.append((low, high - low))
    return sides[0][0], sides[1][0], sides[0][1], sides[1][1]


def interpolate(values: NDArray[np.float32], row: Floats, column: Floats) -> Floats:
    """Bilinear values at places; NaN outside, and where a pixel with a weight is NaN.

    :param row: (...) from 0 at the centre of the first pixel.
    """
    return _interpolate(values, np.ravel(row), np.ravel(column)).reshape(np.shape(row))


@numba.njit(cache=True, nogil=True)
def _interpolate(
    values: NDArray[np.float32], row: Floats, column: Floats
) -> Floats:  # pragma: no cover - compiled
    result = np.empty(len(row))
    for i in range(len(row)):
        result[i] = bilinear(values, row[i], column[i])
    return result


@numba.njit(cache=True, nogil=True, inline="always")
def bilinear(
    values: NDArray[np.float32], row: float, column: float
) -> float:  # pragma: no cover - compiled
    """One bilinear value; NaN outside. A NaN pixel without weight is ignored."""
    height, width = values.shape
    if not (0.0 <= row <= height - 1 and 0.0 <= column <= width - 1):
        return np.nan
    top, left = int(row), int(column)
    down, right = row - top, column - left
    bottom = top + 1 if down > 0 else top
    east = left + 1 if right > 0 else left
    upper = values[top, left] * (1 - right) + values[top, east] * right
    lower = values[bottom, left] * (1 - right) + values[bottom, east] * right
    return upper * (1 - down) + lower * down
