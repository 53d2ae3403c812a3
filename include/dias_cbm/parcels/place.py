"""The place of parcels on Earth: what country, and whether their axes are exchanged."""

from __future__ import annotations

import re

import numpy as np
import pyproj
import shapely
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_crs_info
from pyproj.enums import PJType
from shapely import MultiPolygon

from dias_cbm.errors import ParcelFileError
from dias_cbm.geometry import transform

# Mainland Europe, expected of a CRS that is used all over the world. Its mirror image, with the
# axes exchanged, lies in Africa and Arabia, but for the east of Turkey.
_EUROPE = shapely.box(-11, 34, 45, 72)
_WORLDWIDE = 300.0
_POINT = 1e-6


def country(longitude: float, latitude: float) -> str:
    """The country at a place, as the EPSG registry names where national systems are used.

    :returns: such as ``Denmark``, or ``no country`` far out at sea.
    """
    here = AreaOfInterest(
        longitude - _POINT, latitude - _POINT, longitude + _POINT, latitude + _POINT
    )
    areas = [
        ((use.east - use.west) * (use.north - use.south), use.name or "")
        for info in query_crs_info("EPSG", [PJType.GEOGRAPHIC_2D_CRS], here, contains=True)
        if (use := info.area_of_use) is not None and use.west < use.east
    ]
    name = min(areas, default=(0.0, "World"))[1]
    return "no country" if name.startswith(("World", "Europe")) else re.split(r" - |[.:;]", name)[0]


class AxisCheck:
    """Counts of the features that lie where they are expected: as given, and with axes exchanged.

    :param crs: of the file.
    :param area: where parcels are expected, in EPSG:4326; None for the CRS's area of use.
    """

    def __init__(self, crs: pyproj.CRS, area: MultiPolygon | None) -> None:
        self._crs = crs
        self._expected, self._name = (
            (area, "the season's area") if area is not None else _area_of_use(crs)
        )
        self._as_given = self._exchanged = self._features = 0
        self._only_exchanged: list[int] = []

    def take(self, wkb: np.ndarray) -> None:
        """Count the features of a chunk by the centres of their bounding boxes.

        :param wkb: k geometries as well-known binary; None for a missing one.
        """
        if self._expected is None:
            return
        with np.errstate(invalid="ignore"):
            west, south, east, north = shapely.bounds(shapely.from_wkb(wkb, on_invalid="ignore")).T
            centres = np.column_stack(((west + east) / 2, (south + north) / 2))
        as_given, exchanged = self._inside(centres), self._inside(centres[:, ::-1])
        only = np.flatnonzero(exchanged & ~as_given)
        self._only_exchanged += (only + self._features).tolist()
        self._features += len(wkb)
        self._as_given += int(as_given.sum())
        self._exchanged += int(exchanged.sum())

    def finish(self, subject: object) -> str | None:
        """Refuse a file of which more lies where it is expected if the axes are exchanged.

        :returns: a sentence about single features of which this is true.
        :raises ParcelFileError: the axes are exchanged.
        """
        if self._exchanged <= self._as_given:
            if not self._only_exchanged:
                return None
            return (
                f"{len(self._only_exchanged):,} of the features would lie in {self._name} only with"
                " easting and northing the other way round"
                f" (such as feature {self._only_exchanged[0]}, from 0)"
            )
        raise ParcelFileError(
            f"its axes are exchanged: {self._exchanged:,} of {self._features:,} features would lie"
            f" in {self._name} only with easting and northing the other way round"
            f" (as given: {self._as_given:,})",
            subject=subject,
            hint="exchange them in the file, e.g. with Swap X and Y coordinates in QGIS;"
            " if they are right, name the area with --area",
        )

    def _inside(self, centres: np.ndarray) -> np.ndarray:
        """bool[k], which of the centres lie where they are expected."""
        inside = np.zeros(len(centres), dtype=bool)
        known = np.flatnonzero(np.isfinite(centres).all(axis=1))
        if len(known):
            lonlat = transform(centres[known], self._crs, 4326)
            there = np.isfinite(lonlat).all(axis=1)
            inside[known[there]] = shapely.contains_xy(self._expected, lonlat[there])
        return inside


def _area_of_use(crs: pyproj.CRS) -> tuple[shapely.Geometry | None, str]:
    use = crs.area_of_use
    if use is None or use.west > use.east:
        return None, ""
    if use.east - use.west > _WORLDWIDE:
        return _EUROPE, "Europe"
    box = shapely.box(use.west, use.south, use.east, use.north)
    return box, f"the area of use of {crs.name} ({(use.name or '').rstrip('.')})"
