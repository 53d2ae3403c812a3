"""The look of the radar over a map grid: incidence, and the way that the slant range grows.

All of it follows from the geocoding nodes. Straight up, the slant range shrinks by the cosine of
the incidence angle; along the ground at one height it grows fastest straight away from the
satellite, by its sine.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar.geocoding_nodes import STEP, GeocodingNodes

Floats = NDArray[np.float64]

#: Of the Earth, in m: between the two radii of curvature at European latitudes.
EARTH_RADIUS = 6_380_000.0


class Look(NamedTuple):
    """The look in each cell between four nodes; all arrays are (rows, columns) of cells.

    :param first: row and column of the first node in the grid, in pixels.
    :param slant_range: at height 0, m.
    :param cosine: of the incidence angle on the ellipsoid, at height 0.
    :param cosine_rise: the change of the cosine with height, per m.
    :param along_rows: the growth of the slant range per pixel towards the next row, m.
    :param along_columns: the same towards the next column.
    """

    first: tuple[int, int]
    slant_range: Floats
    cosine: Floats
    cosine_rise: Floats
    along_rows: Floats
    along_columns: Floats


def look_of(nodes: GeocodingNodes) -> Look:
    """The look between nodes."""
    r0, r1, r2 = (np.ascontiguousarray(nodes.slant_range[..., power]) for power in range(3))
    return Look(
        nodes.first,
        middle(r0),
        -middle(r1),
        -2 * middle(r2),
        across_rows(r0),
        across_columns(r0),
    )


def middle(nodes: Floats) -> Floats:
    """The mean of the four nodes around each cell."""
    return (nodes[:-1, :-1] + nodes[:-1, 1:] + nodes[1:, :-1] + nodes[1:, 1:]) / 4


def across_rows(nodes: Floats) -> Floats:
    """The change per pixel from row to row, in each cell."""
    return (nodes[1:, :-1] + nodes[1:, 1:] - nodes[:-1, :-1] - nodes[:-1, 1:]) / (2 * STEP)


def across_columns(nodes: Floats) -> Floats:
    """The change per pixel from column to column, in each cell."""
    return (nodes[:-1, 1:] + nodes[1:, 1:] - nodes[:-1, :-1] - nodes[1:, :-1]) / (2 * STEP)
