"""The frame of a chip: a square around a parcel, snapped outwards to a product's pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from affine import Affine
from rasterio.crs import CRS
from shapely.geometry.base import BaseGeometry

from dias_cbm.errors import ChipError, GridError, OffRaster
from dias_cbm.geometry import transform
from dias_cbm.products.model import Band, Grid

#: Side of a chip in metres; JRC's client asks for 1,280 m, and for 5,120 m at most.
SMALLEST_M, USUAL_M, LARGEST_M = 20.0, 1280.0, 5120.0
#: Ground to see around a parcel.
_MARGIN_M = 200.0
#: Part of a pixel that is a rounding error.
_ROUNDING = 1e-3
#: Pixels of a side: no product has more in 5 km, and memory ends.
_MOST_PIXELS = 2048
#: Length of a degree of latitude at 45 degrees (WGS 84).
_METRES_PER_DEGREE = 111_132.0


@dataclass(frozen=True, slots=True)
class Frame:
    """The pixels of a chip, on the finest grid of its bands.

    :param transform: (column, row) -> coordinates in ``crs``.
    :param coarsest: pixels of the finest grid along a pixel of the coarsest.
    """

    crs: CRS
    transform: Affine
    width: int
    height: int
    coarsest: int = 1

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in ``crs``."""
        return Grid(self.crs, self.transform, self.width, self.height).bounds

    @property
    def corners(self) -> list[tuple[float, float]]:
        """Upper left, upper right, lower right, lower left: longitude and latitude."""
        west, south, east, north = self.bounds
        there = np.array([(west, north), (east, north), (east, south), (west, south)])
        return [(float(x), float(y)) for x, y in transform(there, self.crs, 4326)]

    def of_band(self, band: Band) -> tuple[int, int, int, int, int]:
        """The frame in a band's own pixels.

        :returns: first column and row in the band's grid, which may lie outside of it, columns,
            rows, and how many pixels of the frame one of the band's is wide.
        """
        own = band.grid.transform
        factor = round(own.a / self.transform.a)
        column = round((self.transform.c - own.c) / own.a)
        row = round((self.transform.f - own.f) / own.e)
        return column, row, self.width // factor, self.height // factor, factor


def fitting_size(shape: BaseGeometry, metres_per_unit: float = 1.0) -> float:
    """The side of a chip that shows a parcel with some ground around it, in metres.

    :param shape: in a projected CRS.
    """
    west, south, east, north = shape.bounds
    longest = max(east - west, north - south) * metres_per_unit + 2 * _MARGIN_M
    return min(max(longest, USUAL_M), LARGEST_M)


def check_size(size_m: float) -> None:
    """Check the side of a chip.

    :raises ChipError: no number, or out of the limits.
    """
    if not SMALLEST_M <= size_m <= LARGEST_M:
        raise ChipError(
            f"a chip is {SMALLEST_M:g} to {LARGEST_M:g} m wide", subject=f"{size_m:g} m"
        )


def frame_of(
    bands: Sequence[Band], shape: BaseGeometry, srid: int, size_m: float | None = None
) -> tuple[Frame, BaseGeometry]:
    """The frame around a parcel in a product.

    :param bands: that are read, in one CRS.
    :param shape: the parcel, in ``srid``.
    :param size_m: side in metres; by default it fits the parcel.
    :returns: also the parcel in the product's CRS.
    :raises GridError: the grids cannot be used together.
    :raises OffRaster: the parcel has no place in the product's projection.
    :raises ChipError: the size, or the number of pixels that it takes, is out of the limits.
    """
    finest, coarsest = _grids(bands)
    crs = finest.crs
    if crs is None:
        raise GridError("has no CRS", subject=bands[0].path)
    there = _reprojected(shape, srid, crs, bands[0])
    west, south, east, north = there.bounds
    centre = (west + east) / 2, (south + north) / 2
    across, along = _metres_per_unit(crs, centre[1])
    size = fitting_size(shapely.box(0, 0, (east - west) * across, (north - south) * along))
    if size_m is not None:
        check_size(size_m)
        size = size_m
    own = coarsest.transform
    factor = round(own.a / finest.transform.a)
    left, right = _snapped(centre[0], size / across, own.c, own.a)
    top, bottom = _snapped(centre[1], size / along, own.f, own.e)
    width, height = (right - left) * factor, (bottom - top) * factor
    if max(width, height) > _MOST_PIXELS:
        raise ChipError(
            f"{size:g} m are {max(width, height):,} of its pixels, {_MOST_PIXELS:,} is the most",
            subject=bands[0].path,
            hint="ask for a smaller chip",
        )
    corner = own @ (left, top)
    pixel = finest.transform
    placed = Affine(pixel.a, 0.0, corner[0], 0.0, pixel.e, corner[1])
    return Frame(crs, placed, width, height, factor), there


def check_inside(shape: BaseGeometry, bands: Sequence[Band], *, partly: bool = False) -> None:
    """Check that a parcel lies on all rasters of a product.

    :param shape: in the product's CRS.
    :param partly: whether a part of it is enough.
    :raises OffRaster: it does not.
    """
    for band in bands:
        share = _share_inside(shape, shapely.box(*band.grid.bounds))
        if share <= 0 or (share < 1 and not partly):
            part = (
                f"only {share:.0%} of the parcel lies" if share > 0 else "the parcel does not lie"
            )
            raise OffRaster(f"{part} on it", subject=band.path)


def _share_inside(shape: BaseGeometry, raster: BaseGeometry) -> float:
    if raster.covers(shape):
        return 1.0
    whole = shape.area
    if not whole:
        return 0.0
    # Below 100 %, however little is off.
    return float(min(shapely.intersection(shape, raster).area / whole, 0.99))


def outline(shape: BaseGeometry, frame: Frame) -> str:
    """A parcel as SVG path in the frame's pixels, x to the right and y down.

    :param shape: polygons in the frame's CRS.
    """
    back = ~frame.transform
    pieces = []
    # A twentieth of a pixel is not seen, and spares a hostile number of vertices.
    thinned = shapely.simplify(shape, 0.05 * abs(frame.transform.a))
    for part in shapely.get_parts(thinned):
        for ring in shapely.get_rings(part):
            points = [back @ (x, y) for x, y in shapely.get_coordinates(ring)[:-1]]
            texts = [f"{x:.1f} {y:.1f}" for x, y in points]
            pieces.append(f"M{' L'.join(texts)}Z")
    return "".join(pieces)


def _grids(bands: Sequence[Band]) -> tuple[Grid, Grid]:
    """The finest and the coarsest grid of the bands, whose pixels nest."""
    for band in bands:
        own = band.grid.transform
        if own.b or own.d or not (own.a > 0 > own.e):
            raise GridError("is not north-up", subject=band.path)
    finest = min(bands, key=lambda band: band.grid.transform.a)
    coarsest = max(bands, key=lambda band: band.grid.transform.a)
    for band in bands:
        if band.grid.crs != finest.grid.crs or not _nests(finest.grid, band.grid):
            raise GridError(
                f"the pixels of {band.name} and {finest.name} do not nest", subject=band.path
            )
        if not _nests(band.grid, coarsest.grid):
            raise GridError(
                f"the pixels of {band.name} and {coarsest.name} do not nest", subject=band.path
            )
    return finest.grid, coarsest.grid


def _nests(fine: Grid, coarse: Grid) -> bool:
    """Whether each pixel of the coarse grid is made up of whole ones of the fine grid."""
    a, b = fine.transform, coarse.transform
    numbers = (b.a / a.a, b.e / a.e, (b.c - a.c) / a.a, (b.f - a.f) / a.e)
    return all(abs(number - round(number)) < _ROUNDING for number in numbers)


def _reprojected(shape: BaseGeometry, srid: int, crs: CRS, band: Band) -> BaseGeometry:
    def moved(coordinates: np.ndarray) -> np.ndarray:
        return transform(coordinates, srid, crs.to_wkt())

    there = shapely.transform(shape, moved)
    if there.is_empty or not np.isfinite(shapely.get_coordinates(there)).all():
        raise OffRaster("the parcel has no place in its projection", subject=band.path)
    return there


def _metres_per_unit(crs: CRS, y: float) -> tuple[float, float]:
    """Metres along x and along y of one unit of the CRS; of a degree at that latitude."""
    if crs.is_geographic:
        return _METRES_PER_DEGREE * max(math.cos(math.radians(y)), 0.01), _METRES_PER_DEGREE
    factor = float(crs.linear_units_factor[1])
    return factor, factor


def _snapped(centre: float, size: float, origin: float, pixel: float) -> tuple[int, int]:
    """First pixel, and the first after the last, of a stretch that is snapped outwards."""
    ends = sorted((centre + sign * size / 2 - origin) / pixel for sign in (-1, 1))
    return math.floor(ends[0] + _ROUNDING), math.ceil(ends[1] - _ROUNDING)
