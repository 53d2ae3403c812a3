"""Projection of parcels to the CRS of a raster."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyproj

from dias_cbm.errors import ExtractionFailed
from dias_cbm.geometry import FlatRings, transform

# A straight edge is not straight in another projection. Edges up to this length stay within a
# decimetre; longer ones get vertices in between.
LONGEST_EDGE_M = 1000.0
_LONGEST_EDGE_DEGREES = 0.01

_HALF_THE_GLOBE = 180.0


def project(rings: FlatRings, from_crs: Any, to_crs: Any) -> FlatRings:
    """The same parcels in another CRS; the same object if both CRSs are equal.

    :param from_crs: anything pyproj takes.
    :returns: coordinates are infinite where the projection is not defined.
    :raises ExtractionFailed: a parcel in degrees has an edge around half the globe, which means
        that it crosses the antimeridian and was not cut there.
    """
    source, target = pyproj.CRS.from_user_input(from_crs), pyproj.CRS.from_user_input(to_crs)
    if source == target or source.equals(target, ignore_axis_order=True):
        return rings
    if source.is_geographic:
        _check_antimeridian(rings)
    limit = _LONGEST_EDGE_DEGREES if source.is_geographic else LONGEST_EDGE_M
    dense = densify(rings, limit)
    return FlatRings(
        transform(dense.coordinates, source, target), dense.ring_offsets, dense.parcel_ring_offsets
    )


def densify(rings: FlatRings, longest: float) -> FlatRings:
    """Cut edges longer than ``longest`` into equal pieces.

    :param longest: in units of the coordinates.
    """
    step = _steps(rings)
    pieces = np.maximum(np.ceil(np.hypot(step[:, 0], step[:, 1]) / longest), 1).astype(np.int64)
    if (pieces == 1).all():
        return rings
    begin = np.concatenate(([0], np.cumsum(pieces)))
    share = (np.arange(begin[-1]) - np.repeat(begin[:-1], pieces)) / np.repeat(pieces, pieces)
    coordinates = np.repeat(rings.coordinates, pieces, axis=0)
    coordinates += np.repeat(step, pieces, axis=0) * share[:, None]
    return FlatRings(coordinates, begin[rings.ring_offsets], rings.parcel_ring_offsets)


def _steps(rings: FlatRings) -> np.ndarray:
    """From each vertex to the next of its ring, and zero from the last: float64[n, 2]."""
    step = np.diff(rings.coordinates, axis=0, append=rings.coordinates[-1:])
    if len(step):
        step[rings.ring_offsets[1:] - 1] = 0
    return step


def _check_antimeridian(rings: FlatRings) -> None:
    around = np.abs(_steps(rings)[:, 0]) > _HALF_THE_GLOBE
    if around.any():
        vertex = int(np.argmax(around))
        parcel = int(np.searchsorted(rings.vertex_offsets, vertex, side="right")) - 1
        raise ExtractionFailed(
            "crosses the antimeridian in one piece",
            subject=f"parcel at position {parcel}",
            hint="cut it there into two parts, e.g. with ogr2ogr -wrapdateline",
        )
