"""The values of the pixels that lie in a parcel, from a chip with stored numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import rasterio.features
import shapely
from numpy.typing import NDArray
from rasterio.io import MemoryFile
from rasterio.warp import transform_geom
from shapely.geometry.base import BaseGeometry


def values_inside(tiff: bytes, shape: BaseGeometry, srid: int) -> Mapping[str, NDArray[np.float32]]:
    """Physical values of the pixels whose centre lies in a parcel and that are data in every band.

    :param tiff: a chip in the format :attr:`~dias_cbm.chips.Format.TIFF`.
    :param shape: the parcel, in ``srid``.
    :returns: of each band an array, float32[n], in the order of rows and columns.
    """
    with MemoryFile(tiff) as memory, memory.open() as dataset:
        place = transform_geom(f"EPSG:{srid}", dataset.crs, shapely.geometry.mapping(shape))
        within = rasterio.features.geometry_mask(
            [place], (dataset.height, dataset.width), dataset.transform, invert=True
        )
        layers = dataset.read(masked=True)
        within &= ~np.ma.getmaskarray(layers).any(axis=0)
        return {
            str(name): (layer.data[within] * scale + offset).astype(np.float32)
            for name, layer, scale, offset in zip(
                dataset.descriptions, layers, dataset.scales, dataset.offsets, strict=True
            )
        }
