"""Statistics over parcels drawn in pixels of 10 m."""

from typing import Any

import shapely
from affine import Affine

from dias_cbm.extraction.statistics import STATISTICS
from dias_cbm.extraction.stream import Zonal, zonal
from dias_cbm.geometry import flatten
from dias_cbm.products.open import Band

NAMES = list(STATISTICS)
CRS = "EPSG:25832"
TOP_LEFT = Affine(10, 0, 500_000, 0, -10, 6_000_000)
SCL_GRID = Affine(20, 0, 500_000, 0, -20, 6_000_000)


def box(left: float, top: float, right: float, bottom: float) -> shapely.Polygon:
    """A rectangle in pixels of 10 m."""
    x, y = TOP_LEFT.c, TOP_LEFT.f
    return shapely.box(x + left * 10, y - bottom * 10, x + right * 10, y - top * 10)


def run(parcels: list[shapely.Geometry], bands: list[Band], **options: Any) -> Zonal:
    return zonal(flatten(parcels), CRS, bands, **options)


def value(result: Zonal, band: str, statistic: str, parcel: int = 0) -> float:
    return result.statistics[result.names.index(band), parcel, NAMES.index(statistic)]
