"""The grid of a CARD product: the UTM zone of its scene, corners at multiples of the pixel."""

from __future__ import annotations

import math

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.crs import CRS

from dias_cbm.products.model import Grid

Floats = NDArray[np.float64]


def utm_crs(longitude: float, latitude: float) -> CRS:
    """The UTM zone of a place, on WGS 84; without the exceptions of Norway and Svalbard."""
    zone = int((longitude + 180) % 360 // 6) + 1
    return CRS.from_epsg((32600 if latitude >= 0 else 32700) + zone)


def aligned_grid(
    longitude: Floats, latitude: Floats, pixel: float, margin: float = 0.0, crs: CRS | None = None
) -> Grid:
    """The grid around places: pixel edges are multiples of the pixel.

    :param longitude: (n,) degrees, of the scene's outline or of points all over it.
    :param pixel: m.
    :param margin: m to add on each side.
    :param crs: by default the UTM zone of the places' middle.
    """
    # Keeps places on both sides of the antimeridian together.
    east = np.mod(longitude - longitude[0] + 180, 360) - 180 + longitude[0]
    crs = crs or utm_crs(float(east.min() + east.max()) / 2, float(np.mean(latitude)))
    to_grid = Transformer.from_crs("EPSG:4326", crs.to_wkt(), always_xy=True)
    x, y = to_grid.transform(longitude, latitude)
    left = math.floor((x.min() - margin) / pixel) * pixel
    right = math.ceil((x.max() + margin) / pixel) * pixel
    bottom = math.floor((y.min() - margin) / pixel) * pixel
    top = math.ceil((y.max() + margin) / pixel) * pixel
    transform = Affine(pixel, 0, left, 0, -pixel, top)
    return Grid(crs, transform, round((right - left) / pixel), round((top - bottom) / pixel))
