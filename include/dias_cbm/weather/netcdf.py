"""Grids of daily weather in NetCDF files, such as E-OBS and AgERA5, read a day at a time.

GDAL's driver reads them: a band is a day, and its metadata say which. Only the window around the
season is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.errors import CorruptProduct, RecordFileError
from dias_cbm.rasters import open_netcdf
from dias_cbm.record_files import Piece, Texts
from dias_cbm.weather.columns import VARIABLES, Columns

_MAGIC = (b"CDF\x01", b"CDF\x02", b"CDF\x05", b"\x89HDF")
_CALENDARS = ("", "standard", "gregorian", "proleptic_gregorian")
_TIME = re.compile(
    r"(day|hour|minute|second)s? since (\d{4}-\d{1,2}-\d{1,2})(?:[ T](\d{2}):(\d{2}))?"
)
_CELSIUS = ("celsius", "degree_celsius", "degrees_celsius", "degc", "c", "°c")
_KELVIN = ("k", "kelvin")
_MILLIMETRES = (
    "mm", "mm/day", "mm/d", "mm d-1", "mm day-1", "kg m-2", "kg m-2 d-1", "kg m-2 day-1",
)  # fmt: skip


def is_netcdf(path: Path) -> bool:
    """Whether a file is NetCDF by its first bytes; False if it cannot be read."""
    try:
        with path.open("rb") as stream:
            return stream.read(4) in _MAGIC
    except OSError:
        return False


def columns_of(path: Path) -> list[str]:
    """The columns that a table of the file's grids would have.

    :raises RecordFileError: it cannot be read.
    """
    with _readable(path), open_netcdf(path) as dataset:
        names = [name.rpartition(":")[2] for name in dataset.subdatasets]
        if not names and dataset.count:
            names = [dataset.tags(1).get("NETCDF_VARNAME", "")]
    return ["lon", "lat", "date", *names]


def pieces(
    path: Path, columns: Columns, bounds: tuple[float, float, float, float], margin: float
) -> Iterator[Piece]:
    """A piece for each day, with a row for each cell near the season.

    :param bounds: west, south, east, north of the season's area, in degrees.
    :param margin: degrees around it that are read too.
    :raises RecordFileError: it cannot be read, is not a grid of days, or has an unknown unit.
    """
    names = [columns.of[variable] for variable in VARIABLES if variable in columns.of]
    rain = columns.of.get("precipitation")
    with _readable(path), ExitStack() as stack:
        only = len(_variables(path)) <= 1
        grids = [stack.enter_context(open_netcdf(path, None if only else name)) for name in names]
        days = [_days(path, grid) for grid in grids]
        places = {(grid.transform, grid.width, grid.height) for grid in grids}
        if len(places) > 1 or any(one != days[0] for one in days):
            raise RecordFileError(
                "its variables are of different grids or days",
                subject=path,
                hint="import them from files of their own",
            )
        rows, columns_of_grid, lon, lat = _window(path, grids[0], bounds, margin)
        first = 1
        for number, day in enumerate(days[0], start=1):
            numbers = {
                name: _values(path, name, grid, number, rows, columns_of_grid, rain=name == rain)
                for name, grid in zip(names, grids, strict=True)
            }
            count = len(lon)
            yield Piece(
                first,
                count,
                {columns.of["date"]: Texts(np.zeros(count, np.int64), [day])},
                {columns.of["lon"]: lon, columns.of["lat"]: lat, **numbers},
            )
            first += count


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    from rasterio.errors import RasterioError

    try:
        yield
    except (CorruptProduct, RasterioError) as error:
        raise RecordFileError(f"cannot be read as NetCDF: {error}", subject=path) from error


def _variables(path: Path) -> list[str]:
    with open_netcdf(path) as dataset:
        return list(dataset.subdatasets)


def _days(path: Path, grid: Any) -> list[str]:
    """The day of each band, as text."""
    tags = grid.tags()
    found = _TIME.match(tags.get("time#units", ""))
    if found is None or tags.get("time#calendar", "").lower() not in _CALENDARS:
        raise RecordFileError("has no days: a dimension time with units is needed", subject=path)
    year, month, day = map(int, found[2].split("-"))
    try:
        start = datetime(year, month, day, int(found[3] or 0), int(found[4] or 0))  # noqa: DTZ001
    except ValueError as error:
        raise RecordFileError(f"counts its days from {found[2]}: {error}", subject=path) from error
    days = []
    for band in range(1, grid.count + 1):
        try:
            after = float(grid.tags(band)["NETCDF_DIM_time"])
            days.append(f"{(start + timedelta(**{f'{found[1]}s': after})).date()}")
        except (KeyError, ValueError, OverflowError) as error:
            raise RecordFileError(f"has no day for its grid {band}", subject=path) from error
    return days


def _window(
    path: Path, grid: Any, bounds: tuple[float, float, float, float], margin: float
) -> tuple[slice, slice, NDArray[np.float64], NDArray[np.float64]]:
    """Rows and columns of the cells around an area, and longitude and latitude of each cell."""
    steps = grid.transform
    if steps.is_identity or steps.b or steps.d or (grid.crs and not grid.crs.is_geographic):
        raise RecordFileError("has no regular grid of longitude and latitude", subject=path)
    # Whole parts of a millionth degree, so that all files of a data set name a cell alike.
    lon = np.round(steps.c + steps.a * (np.arange(grid.width) + 0.5), 6)
    lat = np.round(steps.f + steps.e * (np.arange(grid.height) + 0.5), 6)
    west, south, east, north = bounds
    inside_lon = np.flatnonzero((lon >= west - margin) & (lon <= east + margin))
    inside_lat = np.flatnonzero((lat >= south - margin) & (lat <= north + margin))
    if not len(inside_lon) or not len(inside_lat):
        raise RecordFileError("has no cell near the season's area", subject=path)
    rows = slice(int(inside_lat[0]), int(inside_lat[-1]) + 1)
    columns = slice(int(inside_lon[0]), int(inside_lon[-1]) + 1)
    places = np.meshgrid(lon[columns], lat[rows])
    return rows, columns, places[0].ravel(), places[1].ravel()


def _values(
    path: Path, name: str, grid: Any, band: int, rows: slice, columns: slice, *, rain: bool
) -> NDArray[np.float64]:
    """Values of one day, in degrees Celsius or millimetres; NaN where there is none."""
    from rasterio.windows import Window

    window = Window.from_slices(rows, columns)
    raw = grid.read(band, window=window, masked=True).astype(np.float64)
    values: NDArray[np.float64] = np.ma.filled(
        raw * grid.scales[band - 1] + grid.offsets[band - 1], np.nan
    ).ravel()
    unit = grid.tags(band).get("units", "").strip().lower()
    if unit in _KELVIN and not rain:
        return values - 273.15
    if unit in (_MILLIMETRES if rain else _CELSIUS):
        return values
    what = "precipitation" if rain else "a temperature"
    raise RecordFileError(f"has {name} in {unit[:40]!r}, not a unit of {what}", subject=path)
