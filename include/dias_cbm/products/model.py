"""The model of an opened CARD product: bands, their grids, and the meaning of stored numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from rasterio.io import DatasetReader

from dias_cbm.scenes import Kind

_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Grid:
    """The position of a raster: CRS, transform and size.

    :param crs: None if the file has none; validation refuses that.
    :param transform: (column, row) of a pixel's upper left corner -> coordinates in ``crs``.
    :param width: columns.
    :param height: rows.
    """

    crs: CRS | None
    transform: Affine
    width: int
    height: int

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in ``crs``, of a north-up grid."""
        left, top = self.transform @ (0, 0)
        right, bottom = self.transform @ (self.width, self.height)
        return left, bottom, right, top


@dataclass(frozen=True, slots=True)
class Band:
    """One layer of a product, not read yet.

    A stored number DN means the physical value ``DN * scale + offset``, unless it is NaN or equals
    ``nodata``, which is compared before scaling.

    :param name: ``VV``, ``VH``, ``B04``, ``SCL``...
    :param path: what rasterio opens.
    :param index: band number in the file, from 1.
    :param dtype: numpy name of the stored numbers.
    :param grid: of the pixels that are used.
    :param row: of the file, where the grid begins; ``column`` the same.
    """

    name: str
    path: str
    index: int
    dtype: str
    nodata: float | None
    scale: float
    offset: float
    grid: Grid
    row: int = 0
    column: int = 0

    @property
    def missing(self) -> float:
        """``nodata`` as the band stores it: float32 has no -0.1, only a number near it.

        NaN without one; the largest float32 where nodata is beyond all of them.
        """
        if self.nodata is None:
            return np.nan
        dtype = np.dtype(self.dtype)
        if dtype.kind != "f":
            return self.nodata
        limits = np.finfo(dtype)
        inside = np.clip(self.nodata, float(limits.min), float(limits.max))
        return float(dtype.type(inside if np.isfinite(self.nodata) else self.nodata))


@dataclass(frozen=True, slots=True)
class Product:
    """An opened product: its bands by name, and its scene classification if it has one.

    :param path: the product's folder or file.
    :param kind: None for a raster that is not a CARD product.
    :param scl: Sentinel-2 scene classification (classes 0..11), on its own grid.
    :param terrain_mask: layover and shadow of a radar product made here, see
        :mod:`dias_cbm.products.terrain_layers`; None without one.
    :param attributes: from the metadata, e.g. ``baseline`` and ``offset_from`` of an L2A, or
        ``alpha``, the number of a plain raster's alpha band.
    """

    path: str
    kind: Kind | None
    bands: Mapping[str, Band]
    scl: Band | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    terrain_mask: Band | None = None


def grid_of(dataset: DatasetReader) -> Grid:
    """The grid of an opened raster.

    A rotation that moves no corner by a millionth of a pixel is a rounding error, and left out.
    """
    transform: Affine = dataset.transform
    moved = abs(transform.b) * dataset.height, abs(transform.d) * dataset.width
    if moved[0] <= _ROUNDING * abs(transform.a) and moved[1] <= _ROUNDING * abs(transform.e):
        transform = Affine(transform.a, 0.0, transform.c, 0.0, transform.e, transform.f)
    return Grid(dataset.crs, transform, dataset.width, dataset.height)
