"""The pixels of a parcel in an image, for a split of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import rasterio.features
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from dias_cbm.errors import CorruptProduct, NotEnoughData
from dias_cbm.geometry import shrink, transform
from dias_cbm.rasters import open_raster

#: Most values of the box around a parcel that are read: 20 km x 10 km of four bands of 10 m.
MOST_VALUES = 8_000_000


def read(
    image: Path, shape: shapely.Polygon | shapely.MultiPolygon, crs: Any, inner_buffer_m: float = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The values of a parcel's pixels in all bands, and their centres in the parcel's CRS.

    A pixel is the parcel's if its centre is inside. Those without a positive value in every band
    are left out.

    :param shape: polygon.
    :param crs: of the polygon.
    :param inner_buffer_m: pixels nearer than this to the outline are left out.
    :returns: float64[k, b] and float64[k, 2].
    :raises NotEnoughData: the image has no CRS, or is too large for this, or does not cover it.
    :raises SettingsError: its CRS measures angles, and a buffer is asked for.
    :raises CorruptProduct: it cannot be read.
    """
    with open_raster(image) as dataset:
        if dataset.crs is None:
            raise NotEnoughData("has no CRS", subject=image)
        if any(kind.startswith("complex") for kind in dataset.dtypes):
            raise NotEnoughData("has complex values", subject=image)
        here = pyproj.CRS.from_wkt(dataset.crs.to_wkt())
        shape = shapely.transform(shape, lambda points: transform(points, crs, here))
        if not np.isfinite(shapely.get_coordinates(shape)).all():
            raise NotEnoughData("does not cover the parcel", subject=image)
        if inner_buffer_m:
            shape = shrink(np.array([shape]), inner_buffer_m, here)[0][0]
        window = _window(dataset, shape)
        if window is None:
            raise NotEnoughData("does not cover the parcel", subject=image)
        values_there = window.width * window.height * dataset.count
        if values_there > MOST_VALUES:
            raise NotEnoughData(
                f"has {values_there:,} values around the parcel; at most {MOST_VALUES:,} are read",
                subject=image,
            )
        affine = dataset.transform @ Affine.translation(window.col_off, window.row_off)
        try:
            values = dataset.read(window=window, masked=True)
        except RasterioError as error:
            raise CorruptProduct(f"cannot be read: {error}", subject=image) from error
    inside = rasterio.features.geometry_mask(
        [shape], (int(window.height), int(window.width)), affine, invert=True
    )
    filled = np.ma.filled(values.astype(np.float64), np.nan)
    row, column = np.nonzero(inside & (np.isfinite(filled) & (filled > 0)).all(axis=0))
    x, y = affine @ (column + 0.5, row + 0.5)
    return filled[:, row, column].T, transform(np.stack([x, y], axis=1), here, crs)


def _window(dataset: DatasetReader, shape: shapely.Geometry) -> Window | None:
    """The part of an image around a shape in its CRS; None if there is none."""
    west, south, east, north = shapely.bounds(shape).tolist()
    corners = np.array([west, west, east, east]), np.array([south, north, south, north])
    columns, rows = ~dataset.transform @ corners
    left, top = max(int(columns.min()), 0), max(int(rows.min()), 0)
    right = min(int(columns.max()) + 1, dataset.width)
    bottom = min(int(rows.max()) + 1, dataset.height)
    if right <= left or bottom <= top:
        return None
    return Window(left, top, right - left, bottom - top)
