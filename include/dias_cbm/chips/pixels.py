"""Pixels of a frame, read from the files of a product."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import rasterio
import rasterio.windows
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from dias_cbm.chips.decoded import SLOW, TILES
from dias_cbm.chips.frame import Frame
from dias_cbm.config.settings import settings
from dias_cbm.errors import CorruptProduct, InconsistentProduct
from dias_cbm.products.masks import hidden
from dias_cbm.products.model import Band
from dias_cbm.rasters import open_raster

#: Files of JPEG 2000 that are decoded at the same time, for one chip.
_DECODERS = 3


def read_layers(bands: Sequence[Band], frame: Frame) -> list[tuple[NDArray, NDArray[np.bool_]]]:
    """The stored numbers of bands in a frame, each in its own pixels.

    :returns: of each band, its numbers and whether they are data; beyond the raster there are none.
    :raises CorruptProduct: a file cannot be decoded.
    :raises InconsistentProduct: complex numbers.
    """
    with (
        rasterio.Env(GDAL_CACHEMAX=settings().extraction.gdal_cache_mb << 20),
        ExitStack() as stack,
    ):
        opened: dict[str, DatasetReader] = {}
        for band in bands:
            if band.dtype.startswith("complex"):
                raise InconsistentProduct(
                    f"band {band.name} holds complex numbers", subject=band.path
                )
            if band.path not in opened:
                opened[band.path] = stack.enter_context(open_raster(Path(band.path)))
        todo = [(opened[band.path], band, frame) for band in bands]
        if len(opened) < len(bands) or any(one.driver != SLOW for one in opened.values()):
            return [_read(*one) for one in todo]
        # Decoding takes all the time. Each file in a thread of its own: GDAL shares no dataset.
        with ThreadPoolExecutor(_DECODERS) as threads:
            return list(threads.map(lambda one: _read(*one), todo))


def reduced(
    bands: Sequence[Band], bounds: tuple[float, float, float, float], most: int
) -> list[tuple[NDArray[np.float32], Affine]]:
    """Physical values of bands in a box, thinned out to a number of pixels.

    A raster's own overviews are used where it has them; else only the rows that are kept are read.

    :param bounds: west, south, east, north in the bands' CRS.
    :param most: pixels along the longer side.
    :returns: of each band float32[rows, columns] with NaN where there are no data, and its
        transform; without pixels where the box lies beside it.
    :raises CorruptProduct: a file cannot be decoded.
    """
    with rasterio.Env(GDAL_CACHEMAX=settings().extraction.gdal_cache_mb << 20):
        return [_reduced(band, bounds, most) for band in bands]


def _reduced(
    band: Band, bounds: tuple[float, float, float, float], most: int
) -> tuple[NDArray[np.float32], Affine]:
    grid = band.grid
    corners = [~grid.transform @ (bounds[side], bounds[up]) for side in (0, 2) for up in (1, 3)]
    left = max(math.floor(min(x for x, _ in corners)), 0)
    right = min(math.ceil(max(x for x, _ in corners)), grid.width)
    top = max(math.floor(min(y for _, y in corners)), 0)
    bottom = min(math.ceil(max(y for _, y in corners)), grid.height)
    if left >= right or top >= bottom:
        return np.empty((0, 0), np.float32), grid.transform
    place = rasterio.windows.Window(band.column + left, band.row + top, right - left, bottom - top)
    factor = max(1.0, (bottom - top) / most, (right - left) / most)
    shape = max(1, round((bottom - top) / factor)), max(1, round((right - left) / factor))
    try:
        with open_raster(Path(band.path)) as dataset:
            numbers = dataset.read(band.index, window=place, out_shape=shape)
            masked = hidden(dataset, band.index, window=place, out_shape=shape)
    except RasterioError as error:
        raise CorruptProduct(
            f"band {band.name} cannot be decoded: {error}", subject=band.path
        ) from error
    data = np.ones(shape, bool) if masked is None else ~masked
    if band.nodata is not None:
        data &= numbers != band.missing
    step = Affine.scale((right - left) / shape[1], (bottom - top) / shape[0])
    return physical(band, numbers, data), grid.transform @ Affine.translation(left, top) @ step


def no_data(band: Band) -> float:
    """The number that stands for no data; without one that the band can hold, 0 or NaN."""
    dtype = np.dtype(band.dtype)
    if dtype.kind == "f":
        return band.missing
    limits = np.iinfo(dtype)
    whole = np.isfinite(band.missing) and band.missing == int(band.missing)
    return int(band.missing) if whole and limits.min <= band.missing <= limits.max else 0


def physical(band: Band, numbers: NDArray, data: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Physical values; NaN where there are no data."""
    values = numbers.astype(np.float64) * band.scale + band.offset
    return np.where(data, values, np.nan).astype(np.float32)


def enlarged(layer: NDArray, factor: int) -> NDArray:
    """A layer with each pixel repeated along rows and columns."""
    return layer if factor == 1 else layer.repeat(factor, axis=0).repeat(factor, axis=1)


def _read(dataset: DatasetReader, band: Band, frame: Frame) -> tuple[NDArray, NDArray[np.bool_]]:
    column, row, columns, rows, _ = frame.of_band(band)
    numbers = np.full((rows, columns), no_data(band), band.dtype)
    data = np.zeros((rows, columns), bool)
    left, right = max(column, 0), min(column + columns, band.grid.width)
    top, bottom = max(row, 0), min(row + rows, band.grid.height)
    if left >= right or top >= bottom:
        return numbers, data
    place = rasterio.windows.Window(band.column + left, band.row + top, right - left, bottom - top)
    inside = np.s_[top - row : bottom - row, left - column : right - column]
    try:
        decoded = TILES.read(dataset, band.index, place)
        numbers[inside] = dataset.read(band.index, window=place) if decoded is None else decoded
        masked = hidden(dataset, band.index, window=place)
    except RasterioError as error:
        raise CorruptProduct(
            f"band {band.name} cannot be decoded around the parcel: {error}", subject=band.path
        ) from error
    data[inside] = True if masked is None else ~masked
    if band.nodata is not None:
        data &= numbers != band.missing
    if numbers.dtype.kind == "f":
        data &= np.isfinite(numbers)
    return numbers, data
