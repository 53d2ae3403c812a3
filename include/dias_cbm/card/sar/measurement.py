"""Measurement files: whether they are what their annotation describes, by a look at a few lines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from dias_cbm.card.sar.annotation import Annotation
from dias_cbm.errors import CorruptProduct, InconsistentProduct
from dias_cbm.products.readers.raster import open_unplaced

#: Lines that are looked at, at even steps.
_LOOKS = 24
#: How far, in degrees, places in a file may be from those of the geolocation grid: a kilometre, by
#: which heights may shift them. Images of other places are farther away.
_APART = 0.01
#: Factor by which the levels of two polarisations are apart otherwise than annotated, at most.
_MOST_OTHERWISE = 2.0


def check_measurements(files: Sequence[tuple[Path, Annotation]]) -> None:
    """Check the images of one swath in all polarisations; those of another size are left to others.

    :raises CorruptProduct: one cannot be decoded, or holds the same number everywhere.
    :raises InconsistentProduct: one is of another place, or two are in each other's.
    """
    levels = []
    for path, annotation in files:
        # A truncated file, read directly, would give zeros and no error.
        with rasterio.Env(GTIFF_DIRECT_IO="NO"), open_unplaced(path) as dataset:
            if (dataset.height, dataset.width) != (annotation.lines, annotation.samples):
                return
            _check_places(dataset, path, annotation)
            levels.append((_level(dataset, path, annotation), annotation.level, path))
    for (found, annotated, _), (other, expected, path) in pairwise(levels):
        if annotated is None or expected is None:
            continue
        ratio = found / other / (annotated / expected)
        if not 1 / _MOST_OTHERWISE < ratio < _MOST_OTHERWISE:
            raise InconsistentProduct(
                "has the level of another polarisation, by its annotation", subject=path
            )


def _level(dataset: DatasetReader, path: Path, annotation: Annotation) -> float:
    """The mean amplitude, as root of the mean square."""
    rows = ((np.arange(_LOOKS) + 0.5) / _LOOKS * dataset.height).astype(int)
    some = [_line(dataset, path, row) for row in np.unique(rows)]
    first = some[0].flat[0]
    if all((line == first).all() for line in some):
        raise CorruptProduct(f"holds {first:g} everywhere", subject=path)
    power = np.abs(np.concatenate(some).astype(np.complex128)) ** 2
    if not np.isfinite(power).any():
        raise CorruptProduct("holds no numbers", subject=path)
    return float(np.sqrt(power[np.isfinite(power)].mean()))


def _line(dataset: DatasetReader, path: Path, row: int) -> NDArray[np.generic]:
    try:
        line: NDArray[np.generic] = dataset.read(1, window=Window(0, int(row), dataset.width, 1))
    except RasterioError as error:
        raise CorruptProduct(f"cannot be decoded: {error}", subject=path) from error
    return line


def _check_places(dataset: DatasetReader, path: Path, annotation: Annotation) -> None:
    """Check the places in the file itself, which ESA's have; they are those of the grid."""
    points, _ = dataset.gcps
    grid = annotation.grid
    places = dict(zip(zip(grid.line, grid.sample, strict=True), range(len(grid.line)), strict=True))
    for point in points:
        index = places.get((point.row, point.col))
        if index is None:
            continue
        east = abs((point.x - grid.longitude[index] + 180) % 360 - 180)
        if max(abs(point.y - grid.latitude[index]), east) > _APART:
            raise InconsistentProduct("is of another place than its annotation", subject=path)
