"""Plausibility check of a product made here: the range of its values and its coverage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from rasterio.warp import transform_geom
from shapely import MultiPolygon

from dias_cbm.cards import BY_KIND
from dias_cbm.errors import InconsistentProduct
from dias_cbm.products.masks import hidden
from dias_cbm.products.model import Band, Product
from dias_cbm.products.readers.raster import opened

#: Share of the footprint that must hold data: a footprint is only a rough outline, and terrain may
#: end at a coast, but less than half of a scene is not accepted.
LEAST_COVERAGE = 0.5

#: Rows and columns of the sample that is checked.
_SAMPLE = 512


def check_content(product: Product, footprint: MultiPolygon | None) -> dict[str, float]:
    """Check a sample of every band: one pixel out of several rows and columns.

    :param footprint: in EPSG:4326, longitude first; None if it is not known.
    :returns: share of the footprint with data, by band; empty without a footprint.
    :raises InconsistentProduct: impossible values, or no data, or too little of it.
    """
    return {
        name: share
        for name, band in product.bands.items()
        if (share := _check(product, band, footprint)) is not None
    }


def _check(product: Product, band: Band, footprint: MultiPolygon | None) -> float | None:
    values, transform = _sample(band)
    valid = np.isfinite(values)
    valid &= values != band.missing
    if not valid.any():
        raise InconsistentProduct(f"{band.name} holds no data", subject=product.path)
    physical = values[valid] * band.scale + band.offset
    lowest, highest = float(physical.min()), float(physical.max())
    low, high = BY_KIND[product.kind].values if product.kind else (-np.inf, np.inf)
    if lowest < low or highest > high:
        raise InconsistentProduct(
            f"{band.name} holds values from {lowest:g} to {highest:g},"
            f" which should be within {low:g} to {high:g}",
            subject=product.path,
        )
    if footprint is None:
        return None
    share = _covered(band, valid, transform, footprint)
    if share < LEAST_COVERAGE:
        raise InconsistentProduct(
            f"{band.name} has data over {share:.0%} of the footprint", subject=product.path
        )
    return round(share, 3)


def _sample(band: Band) -> tuple[NDArray[np.floating], Affine]:
    rows, columns = min(_SAMPLE, band.grid.height), min(_SAMPLE, band.grid.width)
    with opened(Path(band.path)) as dataset:
        values = dataset.read(band.index, out_shape=(rows, columns)).astype(np.float64)
        masked = hidden(dataset, band.index, out_shape=(rows, columns))
    if masked is not None:
        values[masked] = np.nan
    scale = Affine.scale(band.grid.width / columns, band.grid.height / rows)
    return values, band.grid.transform @ scale


def _covered(
    band: Band, valid: NDArray[np.bool_], transform: Affine, footprint: MultiPolygon
) -> float:
    """Share of the footprint's area with data."""
    projected = transform_geom("EPSG:4326", band.grid.crs, shapely.geometry.mapping(footprint))
    inside = geometry_mask([projected], valid.shape, transform, invert=True)
    area = float(shapely.area(shapely.geometry.shape(projected)))
    return float((valid & inside).sum() * abs(transform.determinant) / area)
