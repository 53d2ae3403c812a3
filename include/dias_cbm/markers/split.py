"""Two crops in one parcel, from the pixels of one image: two clusters and a straight line between.

The line is the one that explains most of the variance of the bands by the means of its two sides,
among 36 directions. A parcel of one crop has such a line too, so its separation is held against
that of real parcels of one crop.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

#: Directions that are tried, over half a turn.
DIRECTIONS = 36
#: Least pixels of a side, and its least share of the parcel's.
LEAST_PIXELS, LEAST_SHARE = 20, 0.1
#: Separation above which two crops are seen: 3 % of 110 Danish parcels of one crop (B02, B03, B04
#: of Sentinel-2, May 2016, 10 m) were above it; ``cbm evidence markers`` measures it again.
SEPARATED = 0.48

#: Share of each band's variance that is added to its variance within the sides, as noise of its
#: own: bands that repeat each other do not make a distance.
_RIDGE = 1e-3
_ROUNDS = 20


class Line(NamedTuple):
    """A line: the points whose coordinates along a direction are the offset.

    :param across: the direction, a unit vector (x, y); side True is where it points to.
    :param offset: in the unit of the coordinates.
    """

    across: tuple[float, float]
    offset: float

    def side(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which side points [k, 2] are on."""
        return np.asarray(points @ np.array(self.across) > self.offset)


class Split(NamedTuple):
    """Two clusters of a parcel's pixels, and the line between them.

    :param cluster: bool[k], by 2-means of the bands, begun with the sides of the line.
    :param line: in the coordinates that were given.
    :param agreement: share of the pixels whose cluster is that of most on their side.
    :param explained: share of the bands' variance between the two sides.
    :param separation: mean over the bands of ``|ln(mean of one side / mean of the other)|``, times
        the Mahalanobis distance of the two sides.
    """

    cluster: NDArray[np.bool_]
    line: Line
    agreement: float
    explained: float
    separation: float

    @property
    def separated(self) -> bool:
        """Whether the image shows two crops."""
        return self.separation > SEPARATED


def split(pixels: NDArray[np.float64], points: NDArray[np.float64]) -> Split | None:
    """The best split of a parcel; None if it has too few pixels, or they are all the same.

    :param pixels: float64[k, b], reflectance by band; pixels with a value that is not a positive
        number must be left out.
    :param points: float64[k, 2], their centres in a projected CRS.
    """
    if len(pixels) < 2 * LEAST_PIXELS:
        return None
    level, scale = pixels.mean(axis=0), pixels.std(axis=0)
    if not (scale > 1e-9 * level).any():
        return None
    scaled = (pixels - level) / np.maximum(scale, 1e-9 * level)
    line = _line(scaled, points)
    if line is None:
        return None
    side = line.side(points)
    cluster = _two_means(scaled, side)
    same = float((cluster == side).mean())
    between = sum(
        float((scaled[part].mean(axis=0) ** 2).sum() * part.sum()) for part in (side, ~side)
    )
    return Split(
        cluster,
        line,
        max(same, 1 - same),
        between / float((scaled**2).sum()),
        _separation(pixels, scaled, side),
    )


def _line(scaled: NDArray[np.float64], points: NDArray[np.float64]) -> Line | None:
    """The line with the most variance between its sides; none if no side can be large enough."""
    count = len(scaled)
    least = max(LEAST_PIXELS, round(LEAST_SHARE * count))
    first = np.arange(1, count)
    enough = (first >= least) & (count - first >= least)
    best, found = 0.0, None
    for angle in np.arange(DIRECTIONS) * np.pi / DIRECTIONS:
        across = np.array([np.cos(angle), np.sin(angle)])
        along = points @ across
        order = np.argsort(along, kind="stable")
        along = along[order]
        sums = np.cumsum(scaled[order], axis=0)[:-1]
        between = (sums**2).sum(axis=1) * (1 / first + 1 / (count - first))
        # Pixels of one row of the image stay on one side.
        possible = enough & (np.diff(along) > 1e-6 * max(float(np.ptp(along)), 1e-9))
        if not possible.any():
            continue
        place = int(np.argmax(np.where(possible, between, -1)))
        if between[place] > best:
            best = float(between[place])
            offset = (along[place] + along[place + 1]) / 2
            found = Line((float(across[0]), float(across[1])), float(offset))
    return found


def _two_means(scaled: NDArray[np.float64], cluster: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """2-means (Lloyd's), starting from a first division."""
    for _ in range(_ROUNDS):
        one, other = scaled[cluster].mean(axis=0), scaled[~cluster].mean(axis=0)
        nearer = ((scaled - one) ** 2).sum(axis=1) < ((scaled - other) ** 2).sum(axis=1)
        if (nearer == cluster).all() or nearer.all() or not nearer.any():
            break
        cluster = nearer
    return cluster


def _separation(
    pixels: NDArray[np.float64], scaled: NDArray[np.float64], side: NDArray[np.bool_]
) -> float:
    level = np.abs(np.log(pixels[side].mean(axis=0) / pixels[~side].mean(axis=0))).mean()
    apart = scaled[side].mean(axis=0) - scaled[~side].mean(axis=0)
    within = np.concatenate([scaled[part] - scaled[part].mean(axis=0) for part in (side, ~side)])
    spread = within.T @ within / max(len(scaled) - 2, 1) + _RIDGE * np.eye(scaled.shape[1])
    return float(level * np.sqrt(apart @ np.linalg.solve(spread, apart)))


def parts(
    shape: shapely.Polygon | shapely.MultiPolygon, line: Line
) -> tuple[shapely.Geometry, shapely.Geometry, shapely.Geometry]:
    """A parcel on the two sides of a line, side True first, and the line inside the parcel.

    :param shape: in the CRS of the line.
    """
    west, south, east, north = shape.bounds
    across = np.array(line.across)
    centre = np.array([(west + east) / 2, (south + north) / 2])
    away = line.offset - float(centre @ across)
    # Long and wide enough for each half to hold all of the parcel that is on its side.
    reach = float(np.hypot(east - west, north - south)) + abs(away)
    foot = centre + away * across
    along = np.array([-across[1], across[0]]) * reach
    ends = np.array([foot - along, foot + along])
    beyond = 2 * reach * across
    one = shapely.Polygon([*ends, *(ends + beyond)[::-1]])
    other = shapely.Polygon([*ends, *(ends - beyond)[::-1]])
    border = shapely.LineString(ends).intersection(shape)
    return shape.intersection(one), shape.intersection(other), border
