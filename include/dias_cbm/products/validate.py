"""Validation of a product: bands, grids, decoding, position and identity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
import shapely
from rasterio.errors import CRSError, RasterioError
from rasterio.io import DatasetReader
from rasterio.warp import transform_bounds
from rasterio.windows import Window
from shapely import MultiPolygon

from dias_cbm.cards import RADAR_KINDS
from dias_cbm.errors import CorruptProduct, GridError, InconsistentProduct
from dias_cbm.products.masks import hidden
from dias_cbm.products.model import Band, Grid, Product
from dias_cbm.products.overlap import common
from dias_cbm.products.readers.raster import opened
from dias_cbm.scenes import Kind, parse_name

_POLARISATIONS = frozenset({"VV", "VH", "HH", "HV"})
_OPTICAL_BANDS = frozenset({"B04", "B08"})

#: Scene classes of Sentinel-2 L2A, 0 (no data) to 11 (snow).
_LAST_CLASS = 11

_WARP = "gdalwarp IN OUT writes it north-up"

#: Largest distance, in pixels, between two grids that count as the same.
_GRID_TOLERANCE = 1e-3


class Expected(Protocol):
    """The catalogue's description of a product."""

    @property
    def footprint(self) -> MultiPolygon | None:
        """In EPSG:4326, longitude first."""

    @property
    def tile(self) -> str | None:
        """MGRS tile of a Sentinel-2 product."""


def validate(product: Product, scene: Expected | None = None) -> None:
    """Check a product, cheapest checks first; only SCL is read whole.

    :param scene: the catalogue's description of it.
    :raises GridError: no CRS, a rotated or empty grid, or grids that do not nest.
    :raises NoOverlap: the layers have no ground in common.
    :raises CorruptProduct: a truncated file, or one whose last block cannot be decoded.
    :raises InconsistentProduct: a band that its kind needs is missing, scene classes do not exist,
        or the product is not the one in the catalogue.
    """
    _check_bands(product)
    layers = list(_layers(product))
    for band in layers:
        _check_grid(band)
    _check_nesting(layers)
    if scene is not None:
        _check_tile(product, scene.tile)
        _check_place(product, layers[0].grid, scene.footprint)
    for band in layers:
        with opened(Path(band.path)) as dataset:
            _check_size(dataset, band)
            _read(dataset, band, _last_block(dataset, band.index))
    if product.scl is not None:
        _check_classes(product.scl)


def _layers(product: Product) -> Iterator[Band]:
    yield from product.bands.values()
    if product.scl is not None:
        yield product.scl


def _check_bands(product: Product) -> None:
    names = set(product.bands)
    if not names:
        raise InconsistentProduct("has no bands", subject=product.path)
    if product.kind in RADAR_KINDS and not names <= _POLARISATIONS:
        raise InconsistentProduct(
            f"bands {', '.join(sorted(names))} are not polarisations", subject=product.path
        )
    if product.kind is Kind.S2_L2A:
        missing = sorted(_OPTICAL_BANDS - names) + ([] if product.scl else ["SCL"])
        if missing:
            raise InconsistentProduct(f"lacks {', '.join(missing)}", subject=product.path)
    for band in _layers(product):
        if np.dtype(band.dtype).kind not in "uif":
            raise InconsistentProduct(f"holds {band.dtype}, not real numbers", subject=band.path)


def _check_grid(band: Band) -> None:
    grid, transform = band.grid, band.grid.transform
    if grid.crs is None:
        raise GridError("has no CRS", subject=band.path)
    if not (grid.crs.is_projected or grid.crs.is_geographic):
        raise GridError("has no place on the globe: its CRS is a local one", subject=band.path)
    known = np.isfinite(np.array(transform)).all()
    if grid.width < 1 or grid.height < 1 or transform.is_degenerate or not known:
        raise GridError("has no extent", subject=band.path)
    if transform.b or transform.d:
        raise GridError("is rotated or sheared", subject=band.path, hint=_WARP)
    if transform.a < 0 or transform.e > 0:
        upside = "from south to north" if transform.e > 0 else "from east to west"
        raise GridError(f"is not north-up: it runs {upside}", subject=band.path, hint=_WARP)


def _check_nesting(layers: list[Band]) -> None:
    """Check that pixels are multiples of the finest, and that all layers have ground in common.

    The layers of a clipped product may end elsewhere, by whole pixels of the finest.
    """
    finest = min(layers, key=lambda band: band.grid.transform.a)
    pixel = finest.grid.transform.a
    bounds = np.array(finest.grid.bounds)
    for band in layers:
        if band.grid.crs != finest.grid.crs:
            raise GridError(f"has another CRS than {finest.path}", subject=band.path)
        factors = band.grid.transform.a / pixel, band.grid.transform.e / finest.grid.transform.e
        if any(abs(factor - round(factor)) > _GRID_TOLERANCE for factor in factors):
            raise GridError(
                f"has pixels that do not nest with those of {finest.path}", subject=band.path
            )
        beyond = (np.array(band.grid.bounds) - bounds) / pixel
        if (np.abs(beyond - np.round(beyond)) > _GRID_TOLERANCE).any():
            raise GridError(
                f"covers another extent than {finest.path}, by a part of a pixel",
                subject=band.path,
            )
    common(layers)


def _check_tile(product: Product, tile: str | None) -> None:
    for name in (Path(product.path).name, str(product.attributes.get("product", ""))):
        named = parse_name(name).get("tile")
        if named and tile and named != tile.removeprefix("T"):
            raise InconsistentProduct(
                f"is of tile {named}, the catalogue says {tile}", subject=product.path
            )


def _check_place(product: Product, grid: Grid, footprint: MultiPolygon | None) -> None:
    if footprint is None:
        return
    try:
        west, south, east, north = transform_bounds(grid.crs, "EPSG:4326", *grid.bounds)
    except (CRSError, RasterioError) as error:
        raise GridError(f"has no place on the globe: {error}", subject=product.path) from error
    if not np.isfinite([west, south, east, north]).all():
        raise GridError("has no place on the globe", subject=product.path)
    boxes = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    extent = shapely.union_all([shapely.box(left, south, right, north) for left, right in boxes])
    if not extent.intersects(footprint):
        raise InconsistentProduct(
            f"is at {west:.2f} {south:.2f} {east:.2f} {north:.2f},"
            " outside its footprint in the catalogue",
            subject=product.path,
        )


def _check_size(dataset: DatasetReader, band: Band) -> None:
    """Check the size of an ENVI file, which is raw numbers: GDAL reads missing ones as zeros."""
    if dataset.driver != "ENVI":
        return
    header: Mapping[str, str] = dataset.tags(ns="ENVI")
    itemsize = sum(np.dtype(dtype).itemsize for dtype in dataset.dtypes)
    expected = int(header.get("header_offset", 0)) + dataset.width * dataset.height * itemsize
    found = Path(band.path).stat().st_size
    if found != expected:
        raise CorruptProduct(f"has {found} bytes, its header says {expected}", subject=band.path)


def _last_block(dataset: DatasetReader, index: int) -> Window:
    height, width = dataset.block_shapes[index - 1]
    row, column = (dataset.height - 1) // height * height, (dataset.width - 1) // width * width
    return Window(column, row, dataset.width - column, dataset.height - row)


def _read(dataset: DatasetReader, band: Band, window: Window) -> np.ndarray:
    try:
        return dataset.read(band.index, window=window)
    except RasterioError as error:
        raise CorruptProduct(
            f"{band.name} cannot be decoded: {error}", subject=band.path
        ) from error


def _classes(dataset: DatasetReader, scl: Band, window: Window) -> np.ndarray:
    classes = _read(dataset, scl, window)
    masked = hidden(dataset, scl.index, window=window)
    return classes if masked is None else np.where(masked, 0, classes)


def _check_classes(scl: Band) -> None:
    with opened(Path(scl.path)) as dataset:
        for _, window in dataset.block_windows(scl.index):
            highest = _classes(dataset, scl, window).max()
            if highest > _LAST_CLASS:
                raise InconsistentProduct(
                    f"holds scene class {highest:g}, the last one is {_LAST_CLASS}",
                    subject=scl.path,
                )
