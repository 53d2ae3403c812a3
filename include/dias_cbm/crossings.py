"""Outlines that cross themselves so often that repairing them would take minutes."""

from __future__ import annotations

import numpy as np
import shapely

#: Crossings of one geometry that are repaired, in about a tenth of a second.
MOST_CROSSINGS = 10_000
# Pairs of segments that are compared at once.
_PAIRS = 500_000


def crosses_too_often(geometry: shapely.Geometry) -> bool:
    """Whether outlines of a geometry cross or touch at more than ``MOST_CROSSINGS`` places.

    It compares each pair of segments whose boxes overlap, and stops at that number.

    :param geometry: polygons, with finite coordinates.
    """
    segments = _segments(geometry)
    total = len(segments)
    if total * (total - 1) // 2 <= MOST_CROSSINGS:
        return False
    tree = shapely.STRtree(segments)
    step = max(1, _PAIRS // total)
    found = 0
    for first in range(0, total, step):
        one, other = tree.query(segments[first : first + step], predicate="intersects")
        # Neighbours in a ring share a point.
        found += int((other > one + first + 1).sum())
        if found > MOST_CROSSINGS:
            return True
    return False


def _segments(geometry: shapely.Geometry) -> np.ndarray:
    """The segments of all rings, in order, without those of no length."""
    rings = shapely.get_rings(shapely.get_parts(geometry))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    pairs = np.stack((xy[:-1], xy[1:]), axis=1)
    kept = (ring[:-1] == ring[1:]) & (pairs[:, 0] != pairs[:, 1]).any(axis=1)
    return shapely.linestrings(pairs[kept])
