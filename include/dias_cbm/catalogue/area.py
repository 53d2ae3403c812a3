"""Areas as a few simple polygons that fit into a query."""

from __future__ import annotations

import numpy as np
import shapely
import shapely.affinity
from shapely import MultiPolygon, Polygon

WORLD = shapely.box(-180.0, -90.0, 180.0, 90.0)
#: Keeps an encoded URL well below the 8 kB that servers commonly accept.
MOST_VERTICES = 150
MOST_POLYGONS = 4
_FIRST_TOLERANCE = 0.002
_WIDEST_TOLERANCE = 2.0
_GRID = 1e-6


def cover(
    area: MultiPolygon,
    *,
    most_vertices: int = MOST_VERTICES,
    most_polygons: int = MOST_POLYGONS,
) -> list[Polygon]:
    """Polygons without holes that together contain an area; the area itself if it is simple enough.

    A detailed area is widened, never cut: a search finds too much rather than too little.

    :param area: in EPSG:4326, longitude first.
    :param most_vertices: of one polygon.
    :returns: at least one valid polygon, counter-clockwise, within +-180 and +-90 degrees;
        an area across the antimeridian is split there.
    """
    filled = _filled(wrapped(shapely.make_valid(area)))
    widened = filled
    tolerance = _FIRST_TOLERANCE
    while not _fits(widened, most_vertices, most_polygons):
        if tolerance > _WIDEST_TOLERANCE:
            widened = [shapely.box(*shapely.total_bounds(filled))]
            break
        # Simplifying moves the outline by up to the tolerance, so widen it by more than that first.
        outline = shapely.union_all(filled).buffer(2 * tolerance).simplify(tolerance)
        widened = _filled(outline)
        tolerance *= 2
    clipped = _filled(shapely.intersection(shapely.union_all(widened), WORLD))
    return [shapely.orient_polygons(polygon) for polygon in clipped]


def wrapped(geometry: shapely.Geometry) -> shapely.Geometry:
    """The same ground within +-180 degrees: what lies beyond is moved to the other side.

    :param geometry: valid, in EPSG:4326, within +-540 degrees of longitude.
    """
    west, _, east, _ = shapely.bounds(geometry)
    if not (west < -180.0 or east > 180.0):
        return geometry
    pieces = []
    for turn in (-360.0, 0.0, 360.0):
        window = shapely.box(-180.0 + turn, -90.0, 180.0 + turn, 90.0)
        inside = shapely.intersection(geometry, window)
        pieces.append(shapely.affinity.translate(inside, xoff=-turn))
    return shapely.union_all(pieces)


def unwrapped(polygon: Polygon) -> Polygon | None:
    """A polygon whose edges take the short way round, although its longitudes jump at 180 degrees.

    Catalogues write 179, -179 for 179, 181; read as it is, that is a belt round the world.

    :param polygon: in EPSG:4326, valid or not.
    :returns: with longitudes that may exceed 180 degrees; None if an outline does not close, as
        around a pole.
    """
    rings: list[np.ndarray] = []
    for ring in (polygon.exterior, *polygon.interiors):
        coordinates = shapely.get_coordinates(ring)
        jumps = np.diff(coordinates[:, 0])
        turns = np.concatenate(([0.0], -360.0 * np.cumsum(np.round(jumps / 360.0))))
        if turns[-1]:
            return None
        coordinates[:, 0] += turns
        if rings:  # a hole belongs to where its shell is
            away = coordinates[:, 0].mean() - rings[0][:, 0].mean()
            coordinates[:, 0] -= 360.0 * np.round(away / 360.0)
        rings.append(coordinates)
    return Polygon(rings[0], rings[1:]) if rings else polygon


def _filled(geometry: shapely.Geometry) -> list[Polygon]:
    """The polygons of a geometry without holes, merged where they meet."""
    snapped = shapely.set_precision(geometry, _GRID)
    shells = [
        Polygon(part.exterior)
        for part in shapely.get_parts(snapped)
        if isinstance(part, Polygon) and not part.is_empty
    ]
    merged = shapely.union_all(shells, grid_size=_GRID)
    return [part for part in shapely.get_parts(merged) if isinstance(part, Polygon)]


def _fits(polygons: list[Polygon], most_vertices: int, most_polygons: int) -> bool:
    return len(polygons) <= most_polygons and all(
        len(polygon.exterior.coords) <= most_vertices for polygon in polygons
    )


def wkt(polygon: Polygon) -> str:
    """Well-known text, longitude first, to six decimals (0.1 m)."""
    return shapely.to_wkt(polygon, rounding_precision=6, trim=True)
