"""Validation and repair of parcel geometries, many at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyproj
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseMultipartGeometry

from dias_cbm.crossings import MOST_CROSSINGS, crosses_too_often
from dias_cbm.geometry import FlatRings, flatten, is_true_to_scale, polygons, transform
from dias_cbm.parcels.report import Rejection
from dias_cbm.parcels.tiles import NORTHMOST, SOUTHMOST

_COLLECTION = 7
# Cylindrical equal-area on the ellipsoid, valid anywhere on Earth.
_EQUAL_AREA = 6933


@dataclass(slots=True)
class Features:
    """k features during validation.

    :param geometry: k geometries, finally valid 2D MultiPolygons; None where rejected.
    :param rejected: k reasons; None for parcels.
    :param detail: k details of the rejection, or None.
    :param repaired: k descriptions of what was wrong with the geometry, or None.
    :param area_change_m2: float64[k], by the repair.
    :param area_m2: float64[k]; 0 where rejected.
    :param z: bool[k], had heights or measures.
    :param parts_dropped: int[k], points and lines dropped from collections with polygons.
    :param lonlat: the same geometries in EPSG:4326, longitude first.
    """

    geometry: np.ndarray
    rejected: np.ndarray
    detail: np.ndarray
    repaired: np.ndarray
    area_change_m2: np.ndarray
    area_m2: np.ndarray
    z: np.ndarray
    parts_dropped: np.ndarray
    lonlat: np.ndarray

    @property
    def alive(self) -> np.ndarray:
        """bool[k], not rejected so far."""
        return _absent(self.rejected)

    @property
    def was_repaired(self) -> np.ndarray:
        """bool[k], loaded after repair."""
        return ~_absent(self.repaired)

    def lonlat_of(self, numbers: np.ndarray) -> FlatRings:
        """The longitudes and latitudes of some features that are not rejected."""
        return flatten(self.lonlat[numbers])

    def reject(self, where: np.ndarray, reason: Rejection, detail: object = None) -> None:
        """Reject features; the first reason found is kept."""
        where = where & self.alive
        self.rejected[where] = reason
        self.detail[where] = np.broadcast_to(np.asarray(detail, dtype=object), where.shape)[where]
        self.geometry[where] = None


def _absent(values: np.ndarray) -> np.ndarray:
    return np.fromiter((value is None for value in values), dtype=bool, count=len(values))


def check(
    wkb: np.ndarray, crs: pyproj.CRS, srid: int, area: shapely.Geometry | None = None
) -> Features:
    """Decode, convert and repair geometries; every change and rejection is recorded.

    :param wkb: k geometries as well-known binary; None for a missing one.
    :param crs: of the geometries.
    :param srid: EPSG code of the CRS to convert them to.
    :param area: that a parcel must touch, in that CRS; None for anywhere.
    """
    features = _decode(wkb)
    _drop_z(features)
    _keep_polygons(features)
    if crs.to_epsg() != srid:
        features.geometry = _converted(features.geometry, crs, srid)
        features.reject(
            ~_finite(features.geometry), Rejection.INVALID_COORDINATES, f"in EPSG:{srid}"
        )
    _repair(features, srid)
    _place(features, srid)
    if area is not None:
        shapely.prepare(area)
        outside = ~shapely.is_missing(features.geometry)
        outside &= ~shapely.intersects(features.geometry, area)
        features.reject(outside, Rejection.OUTSIDE_AREA)
    features.area_m2 = np.nan_to_num(areas_m2(features.geometry, srid))
    features.repaired[~features.alive] = None
    return features


def areas_m2(geometry: np.ndarray, srid: int) -> np.ndarray:
    """Areas in square metres: planar in a projected CRS, on the ellipsoid in degrees or Mercator.

    :param geometry: k geometries in the CRS ``srid``.
    :returns: float64[k]; NaN for None.
    """
    if is_true_to_scale(srid):
        return shapely.area(geometry)
    return shapely.area(_converted(geometry, srid, _EQUAL_AREA))


def _decode(wkb: np.ndarray) -> Features:
    count = len(wkb)
    with np.errstate(invalid="ignore"):  # NaN coordinates are found below
        geometry = shapely.from_wkb(wkb, on_invalid="ignore")
    features = Features(
        geometry=geometry,
        rejected=np.full(count, None),
        detail=np.full(count, None),
        repaired=np.full(count, None),
        area_change_m2=np.zeros(count),
        area_m2=np.zeros(count),
        z=np.zeros(count, dtype=bool),
        parts_dropped=np.zeros(count, dtype=int),
        lonlat=geometry,
    )
    absent = _absent(wkb)
    features.reject(absent, Rejection.NULL_GEOMETRY)
    features.reject(shapely.is_missing(features.geometry) & ~absent, Rejection.UNREADABLE_GEOMETRY)
    features.reject(shapely.is_empty(features.geometry), Rejection.EMPTY_GEOMETRY)
    features.reject(~_finite(features.geometry), Rejection.INVALID_COORDINATES, "not a number")
    return features


def _drop_z(features: Features) -> None:
    features.z = shapely.has_z(features.geometry) | shapely.has_m(features.geometry)
    features.geometry = shapely.force_2d(features.geometry)


def _keep_polygons(features: Features) -> None:
    """Convert to MultiPolygons; points and lines of collections are counted and dropped."""
    given = features.geometry
    kinds = np.array([None if g is None else g.geom_type for g in given], dtype=object)
    features.geometry = _multipolygons(given)
    lost = shapely.is_missing(features.geometry) & ~shapely.is_missing(given)
    mixed = (shapely.get_type_id(given) == _COLLECTION) & ~lost
    features.parts_dropped[mixed] = [
        sum(not isinstance(part, Polygon) for part in _leaves(collection))
        for collection in given[mixed]
    ]
    features.reject(lost, Rejection.NOT_A_POLYGON, kinds)


def _repair(features: Features, srid: int) -> None:
    """Repair invalid geometries so that every area they enclose stays; reject collapsed ones."""
    present = ~shapely.is_missing(features.geometry)
    invalid = present & ~shapely.is_valid(features.geometry)
    tangled = invalid.copy()
    tangled[invalid] = [crosses_too_often(shape) for shape in features.geometry[invalid]]
    features.reject(tangled, Rejection.TANGLED, f"more than {MOST_CROSSINGS:,} times")
    present &= ~tangled
    invalid = np.flatnonzero(invalid & ~tangled)
    broken = features.geometry[invalid]
    reasons = [reason.partition("[")[0] for reason in shapely.is_valid_reason(broken)]
    mended = _multipolygons(shapely.make_valid(broken, method="structure", keep_collapsed=False))
    before, after = areas_m2(broken, srid), np.nan_to_num(areas_m2(mended, srid))
    features.geometry[invalid] = mended
    features.repaired[invalid] = reasons
    features.area_change_m2[invalid] = after - before
    area = shapely.area(features.geometry)
    features.reject(present & ~(area > 0), Rejection.NO_AREA, features.repaired)


def _place(features: Features, srid: int) -> None:
    """Reject parcels outside all UTM zones, where there are no tiles."""
    features.lonlat = _converted(features.geometry, srid, 4326)
    west, south, east, north = shapely.bounds(features.lonlat).T
    defined = (west >= -180) & (east <= 180) & (south >= SOUTHMOST) & (north <= NORTHMOST)
    missing = shapely.is_missing(features.geometry)
    features.reject(~missing & ~defined, Rejection.INVALID_COORDINATES, "outside all UTM zones")


def _converted(geometry: np.ndarray, source: object, target: int) -> np.ndarray:
    if source == target:
        return geometry
    return shapely.transform(geometry, lambda xy: transform(xy, source, target))


def _finite(geometry: np.ndarray) -> np.ndarray:
    xy, owner = shapely.get_coordinates(geometry, return_index=True)
    bad = owner[~np.isfinite(xy).all(axis=1)]
    return np.bincount(bad, minlength=len(geometry)) == 0


def _multipolygons(geometry: np.ndarray) -> np.ndarray:
    """One MultiPolygon per geometry; None where it has no polygon."""
    result = np.full(len(geometry), None)
    parts, owner = polygons(geometry)
    if len(parts):
        shapely.multipolygons(parts, indices=owner, out=result)
    return result


def _leaves(geometry: shapely.Geometry) -> list[shapely.Geometry]:
    """The single parts of a geometry, at any depth."""
    if isinstance(geometry, BaseMultipartGeometry):
        return [leaf for part in geometry.geoms for leaf in _leaves(part)]
    return [geometry]
