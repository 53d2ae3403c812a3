"""Images of L1C: reflectance at the sensor of a whole tile, coarsely, and DNs of parts of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from dias_cbm.card.optical.l1c import NODATA, SATURATED, Level1C
from dias_cbm.errors import CorruptProduct
from dias_cbm.products.readers.raster import opened

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sensed:
    """Pixels of one band, rows x columns.

    :param reflectance: at the sensor.
    :param valid: pixels that hold data.
    :param saturated: pixels at the top of the scale; valid too.
    """

    reflectance: NDArray[np.float32]
    valid: NDArray[np.bool_]
    saturated: NDArray[np.bool_]


def require(product: Level1C, bands: Sequence[str], corrected: Sequence[str] = ()) -> Level1C:
    """Check that a product has what is needed of it.

    :param bands: whose images are needed.
    :param corrected: whose view angles are needed too.
    :returns: the product with angles for these bands, replaced where its metadata lack them.
    :raises CorruptProduct: a band has no image, or its angles cannot be read.
    :raises InconsistentProduct: there are no view angles at all.
    """
    missing = sorted(set(bands) - set(product.images))
    if missing:
        raise CorruptProduct(f"lacks the images of {', '.join(missing)}", subject=product.name)
    angles = product.angles.completed(corrected, product.name)
    for band, origin in angles.replaced.items():
        log.warning("%s: lacks view angles of %s: taken as %s", product.name, band, origin)
    return replace(product, angles=angles)


def read(product: Level1C, band: str, shape: tuple[int, int] | None = None) -> Sensed:
    """All pixels of a band.

    :param shape: resample the image to this many rows and columns, by averaging DNs or repeating
        them; a pixel is no data if one of the nearest is.
    :raises CorruptProduct: the image cannot be decoded.
    """
    with _decoded(product, band) as dataset:
        finer = shape is not None and shape[0] < dataset.height
        method = Resampling.average if finer else Resampling.nearest
        numbers = dataset.read(1, out_shape=shape, resampling=method)
        nearest = dataset.read(1, out_shape=shape) if finer else numbers
    valid = (numbers != NODATA) & (nearest != NODATA)
    offset = np.float32(product.offsets.get(band, 0.0))
    reflectance = (numbers.astype(np.float32) + offset) / np.float32(product.quantification)
    return Sensed(reflectance, valid, nearest == SATURATED)


def read_numbers(product: Level1C, band: str, window: Window) -> NDArray[np.uint16]:
    """DNs of a part of a band, rows x columns.

    :raises CorruptProduct: the image cannot be decoded.
    """
    with _decoded(product, band) as dataset:
        return np.asarray(dataset.read(1, window=window))


def tile_shape(product: Level1C, band: str) -> tuple[int, int]:
    """Rows and columns of the tiles in which a band's image can be decoded."""
    with _decoded(product, band) as dataset:
        height, width = dataset.block_shapes[0]
    return height, width


@contextmanager
def _decoded(product: Level1C, band: str) -> Iterator[DatasetReader]:
    path = product.images[band]
    with opened(path) as dataset:
        try:
            yield dataset
        except RasterioError as error:
            raise CorruptProduct(f"{band} cannot be decoded: {error}", subject=path) from error
