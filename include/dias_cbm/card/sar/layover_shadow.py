"""Layover and shadow: the pixels of a map that the radar does not see alone, or not at all.

In shadow, higher ground stands between a pixel and the satellite. In layover, other ground of the
same zero-Doppler plane is as far from the satellite, and the image shows their sum. Both are found
on the terrain by following lines from each pixel: the ray towards the satellite, and the circle of
equal slant range, to both sides. Pixels of the slopes that cause a layover are among them, and so
are those that happen to be as far (active and passive layover).
"""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar.geocoding_nodes import STEP
from dias_cbm.card.sar.look import EARTH_RADIUS, Look
from dias_cbm.products.terrain_layers import SEEN

Floats = NDArray[np.float64]
Heights = NDArray[np.float32]

#: Values of the mask beside ``SEEN``; a pixel may have both. 0 is no data.
LAYOVER, SHADOW = 2, 4

#: Farthest search, in m: no ridge of Europe hides or overlays what is further away.
FARTHEST = 8000.0


def reach(look: Look, low: float, high: float) -> float:
    """How far from a pixel ground can be that hides or overlays it, in m.

    :param low: the least height around it, in m, and ``high`` the largest.
    """
    steep, flat = _tangents(look)
    return min((high - low) * max(flat, 1 / steep), FARTHEST)


def is_open(look: Look, heights: Heights, pixel: float) -> bool:
    """Whether no slope is steep enough for layover or shadow anywhere.

    :param heights: NaN for none.
    :param pixel: m.
    """
    steep, flat = _tangents(look)
    # A little less, for the curvature of the Earth and of the circles.
    limit = 0.98 * min(steep, 1 / flat) * pixel
    # Along rows and columns; the slope itself is at most the root of both squares.
    rows, columns = (np.abs(np.diff(heights, axis=axis)) for axis in (0, 1))
    rises = [float(np.nanmax(one, initial=0.0)) for one in (rows, columns)]
    return math.hypot(*rises) < limit


def _tangents(look: Look) -> tuple[float, float]:
    """The least and the largest tangent of the incidence angle."""
    cosine = np.array([np.nanmin(look.cosine), np.nanmax(look.cosine)])
    tangent = np.sqrt(1 - cosine**2) / cosine
    return float(tangent[1]), float(tangent[0])


def find(
    look: Look,
    heights: Heights,
    place: tuple[int, int],
    margin: int,
    pixel: float,
) -> NDArray[np.uint8]:
    """Find layover and shadow.

    :param heights: of a part of the grid with a margin around it; NaN for none.
    :param place: row and column of the part in the grid, without the margin.
    :param margin: pixels.
    :param pixel: m.
    :returns: of the part: ``SEEN`` or the sum of what applies; 0 without a height.
    """
    rows, columns = heights.shape[0] - 2 * margin, heights.shape[1] - 2 * margin
    result = np.zeros((rows, columns), np.uint8)
    inner = heights[margin : margin + rows, margin : margin + columns]
    result[np.isfinite(inner)] = SEEN
    if not np.isfinite(inner).any() or is_open(look, heights, pixel):
        return result
    _find(
        (look.slant_range, look.cosine, look.cosine_rise, look.along_rows, look.along_columns),
        (place[0] - look.first[0], place[1] - look.first[1]),
        heights,
        (float(np.nanmin(heights)), float(np.nanmax(heights))),
        margin,
        pixel,
        result,
    )
    return result


@numba.njit(cache=True, nogil=True)
def _find(
    look: tuple[Floats, Floats, Floats, Floats, Floats],
    origin: tuple[int, int],
    heights: Heights,
    extremes: tuple[float, float],
    margin: int,
    pixel: float,
    result: NDArray[np.uint8],
) -> None:  # pragma: no cover - compiled
    slant_range, cosines, rises, along_rows, along_columns = look
    for row in range(result.shape[0]):
        for column in range(result.shape[1]):
            h = heights[row + margin, column + margin]
            if np.isnan(h):
                continue
            i, j = (row + origin[0]) // STEP, (column + origin[1]) // STEP
            cosine = cosines[i, j] + h * rises[i, j]
            sine = math.sqrt(1 - cosine * cosine)
            # One pixel straight away from the satellite.
            growth = math.sqrt(along_rows[i, j] ** 2 + along_columns[i, j] ** 2)
            step = along_rows[i, j] / growth, along_columns[i, j] / growth
            at = float(row + margin), float(column + margin)
            bits = 0
            if _hidden(heights, at, step, cosine / sine, extremes[1], pixel):
                bits |= SHADOW
            if _overlaid(heights, at, step, (sine, cosine), slant_range[i, j], extremes, pixel):
                bits |= LAYOVER
            if bits:
                result[row, column] = bits


@numba.njit(cache=True, nogil=True)
def _hidden(
    heights: Heights,
    at: tuple[float, float],
    step: tuple[float, float],
    rise: float,
    highest: float,
    pixel: float,
) -> bool:  # pragma: no cover - compiled
    """Whether ground rises above the ray from a pixel to the satellite."""
    h = heights[int(at[0]), int(at[1])]
    k = 1
    while True:
        away = k * pixel
        ray = h + away * rise + away * away / (2 * EARTH_RADIUS)
        y, x = at[0] - k * step[0], at[1] - k * step[1]
        if ray > highest or not _within(heights, y, x):
            return False
        if _height(heights, y, x) > ray:
            return True
        k += 1


@numba.njit(cache=True, nogil=True)
def _overlaid(
    heights: Heights,
    at: tuple[float, float],
    step: tuple[float, float],
    angle: tuple[float, float],
    slant_range: float,
    extremes: tuple[float, float],
    pixel: float,
) -> bool:  # pragma: no cover - compiled
    """Whether other ground is as far from the satellite as a pixel."""
    h = heights[int(at[0]), int(at[1])]
    sine, cosine = angle
    for side in (1, -1):
        k = side
        while True:
            away = k * pixel
            level = away * sine / cosine
            bend = (away * away + level * level) / (2 * slant_range * cosine)
            circle = h + level + bend + away * away / (2 * EARTH_RADIUS)
            y, x = at[0] + k * step[0], at[1] + k * step[1]
            if not (extremes[0] <= circle <= extremes[1]) or not _within(heights, y, x):
                break
            ground = _height(heights, y, x)
            # Behind the pixel ground is below the circle, before it above: else they have crossed.
            if (side > 0 and ground >= circle) or (side < 0 and ground <= circle):
                return True
            k += side
    return False


@numba.njit(cache=True, nogil=True)
def _within(heights: Heights, y: float, x: float) -> bool:  # pragma: no cover - compiled
    return 0 <= y < heights.shape[0] - 1 and 0 <= x < heights.shape[1] - 1


@numba.njit(cache=True, nogil=True)
def _height(heights: Heights, y: float, x: float) -> float:  # pragma: no cover - compiled
    """Bilinear between pixels; NaN beside one without a height."""
    i, j = int(y), int(x)
    down, right = y - i, x - j
    upper = heights[i, j] * (1 - right) + heights[i, j + 1] * right
    lower = heights[i + 1, j] * (1 - right) + heights[i + 1, j + 1] * right
    return upper * (1 - down) + lower * down
