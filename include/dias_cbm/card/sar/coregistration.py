"""Coregistration by geometry: reference pixels in a secondary burst, from orbits and terrain.

Between two orbits, the position of a point on the ground changes little and smoothly: its line, its
sample and the difference of its ranges are polynomials of line, sample and height in the reference
burst. The height of every pixel comes from the DEM, whose cells are drawn in radar geometry.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from dias_cbm.errors import CardFailed

#: Powers of line, sample and height.
_DEGREES = (3, 5, 3)

#: Largest allowed error of the polynomials against the orbits: lines, samples, metres of range.
TOLERANCE = (1e-3, 1e-3, 2e-4)

_SLACK = 1e-6


@dataclass(frozen=True, slots=True)
class Registration:
    """Polynomials from (line, sample, height) of the reference into the secondary.

    :param coefficients: float64[3, lines, samples, heights], by powers: of the secondary's line,
        its sample, and its slant range minus the reference's in metres.
    :param scaling: float64[3, 2]: centre and scale of line, sample and height.
    """

    coefficients: np.ndarray
    scaling: np.ndarray

    def later(self, lines: float) -> Registration:
        """The same, shifted by some lines of the secondary."""
        coefficients = self.coefficients.copy()
        coefficients[0, 0, 0, 0] += lines
        return Registration(coefficients, self.scaling)

    def at(self, line: np.ndarray, sample: np.ndarray, height: np.ndarray) -> np.ndarray:
        """Line, sample and range difference, float64[3, ...]; arrays that broadcast."""
        x, y, z = np.broadcast_arrays(
            *(
                (np.asarray(value, float) - centre) / scale
                for value, (centre, scale) in zip((line, sample, height), self.scaling, strict=True)
            )
        )
        return np.stack([np.polynomial.polynomial.polyval3d(x, y, z, c) for c in self.coefficients])


def register(reference: np.ndarray, secondary: np.ndarray) -> Registration:
    """Fit a registration to points on the ground that both see.

    :param reference: float64[3, points]: line, sample and height; several heights at the same
        place, over at least the range that the terrain has.
    :param secondary: float64[3, points]: line, sample, and slant range minus the reference's.
    :raises CardFailed: the polynomials do not follow the orbits.
    """
    low, high = reference.min(axis=1), reference.max(axis=1)
    scaling = np.stack([(low + high) / 2, np.maximum((high - low) / 2, 1.0)], axis=-1)
    x, y, z = (reference - scaling[:, :1]) / scaling[:, 1:]
    design = np.polynomial.polynomial.polyvander3d(x, y, z, _DEGREES)
    solved = np.linalg.lstsq(design, secondary.T, rcond=None)[0]
    off = np.abs(design @ solved - secondary.T).max(axis=0)
    if (off > TOLERANCE).any():
        raise CardFailed(
            f"the pair's geometry is not smooth: off by {off[0]:.2g} lines, {off[1]:.2g} samples,"
            f" {off[2]:.2g} m",
            hint="check the orbit files",
        )
    shape = tuple(degree + 1 for degree in _DEGREES)
    return Registration(np.ascontiguousarray(solved.T.reshape(3, *shape)), scaling)


@njit(cache=True, fastmath={"contract"}, nogil=True)
def positions(
    coefficients: np.ndarray,
    scaling: np.ndarray,
    line: float,
    first: int,
    heights: np.ndarray,
    out: np.ndarray,
) -> None:  # pragma: no cover - compiled
    """Evaluate a registration along a line of the reference.

    :param first: the sample of the first height.
    :param heights: float32[samples], NaN for none.
    :param out: float64[3, samples or more].
    """
    x = (line - scaling[0, 0]) / scaling[0, 1]
    y0, dy = (first - scaling[1, 0]) / scaling[1, 1], 1 / scaling[1, 1]
    z0, dz = scaling[2, 0], 1 / scaling[2, 1]
    powers = np.empty(_DEGREES[1] + 1)
    for quantity in range(3):
        result = out[quantity]
        for m in range(_DEGREES[2], -1, -1):
            for n in range(_DEGREES[1] + 1):
                value = 0.0
                for k in range(_DEGREES[0], -1, -1):
                    value = value * x + coefficients[quantity, k, n, m]
                powers[n] = value
            p0, p1, p2, p3, p4, p5 = powers
            for j in range(heights.shape[0]):
                y, z = y0 + j * dy, (heights[j] - z0) * dz
                part = p0 + y * (p1 + y * (p2 + y * (p3 + y * (p4 + y * p5))))
                result[j] = part if m == _DEGREES[2] else result[j] * z + part


@njit(cache=True, fastmath={"contract", "arcp"}, nogil=True, error_model="numpy")
def draw_heights(
    line: np.ndarray,
    sample: np.ndarray,
    height: np.ndarray,
    spans: np.ndarray,
    first: int,
    heights: np.ndarray,
) -> None:
    """Draw the cells of a DEM in the geometry of a burst, two triangles each.

    Where slopes overlay each other, the highest is kept. A cell with a missing corner is skipped.

    :param line: float64[rows, columns], position of the DEM's points; ``sample`` likewise.
    :param height: float[rows, columns], NaN for none.
    :param spans: of ``line``, see :func:`spans_of`.
    :param first: line of the burst in ``heights[0]``.
    :param heights: float32[lines, samples], NaN to begin with; drawn into.
    """
    rows, columns = height.shape
    last = first + heights.shape[0] - 1
    for r in range(rows - 1):
        if max(spans[r, 1], spans[r + 1, 1]) < first or min(spans[r, 0], spans[r + 1, 0]) > last:
            continue
        for c in range(columns - 1):
            for half in range(2):
                r0, c0 = (r, c) if half == 0 else (r + 1, c + 1)
                _draw(
                    (line[r0, c0], line[r, c + 1], line[r + 1, c]),
                    (sample[r0, c0], sample[r, c + 1], sample[r + 1, c]),
                    (height[r0, c0], height[r, c + 1], height[r + 1, c]),
                    first,
                    heights,
                )


@njit(cache=True, nogil=True)
def spans_of(line: np.ndarray) -> np.ndarray:
    """The least and the greatest line of each row, float64[rows, 2]; inf and -inf for none."""
    spans = np.empty((line.shape[0], 2))
    for r in range(line.shape[0]):
        low, high = np.inf, -np.inf
        for value in line[r]:
            # A NaN fails every comparison.
            if value < low:
                low = value
            if value > high:
                high = value
        spans[r, 0], spans[r, 1] = low, high
    return spans


@njit(cache=True, fastmath={"contract", "arcp"}, nogil=True, error_model="numpy")
def _draw(
    y: tuple[float, float, float],
    x: tuple[float, float, float],
    z: tuple[float, float, float],
    begin: int,
    heights: np.ndarray,
) -> None:
    lines, samples = heights.shape
    top, bottom = max(min(y), float(begin)), min(max(y), begin + lines - 1.0)
    left, right = max(min(x), 0.0), min(max(x), samples - 1.0)
    area = (y[1] - y[0]) * (x[2] - x[0]) - (y[2] - y[0]) * (x[1] - x[0])
    # A NaN fails every comparison.
    if not (top <= bottom and left <= right and area != 0 and z[0] + z[1] + z[2] > -1e9):
        return
    # Shares of the second and third corner; per sample they grow by these.
    per_area = 1 / area
    dv, dw = (y[0] - y[2]) * per_area, (y[1] - y[0]) * per_area
    per_dv, per_dw, per_du = 1 / dv, 1 / dw, 1 / (dv + dw)
    slope = dv * (z[1] - z[0]) + dw * (z[2] - z[0])
    for i in range(int(np.ceil(top)), int(bottom) + 1):
        # At sample 0, the shares and the height.
        v = (i - y[0]) * (x[2] - x[0]) * per_area - x[0] * dv
        w = (y[0] - i) * (x[1] - x[0]) * per_area - x[0] * dw
        value = z[0] + v * (z[1] - z[0]) + w * (z[2] - z[0])
        first, last = _cut(left, right, v + _SLACK, dv, per_dv)
        first, last = _cut(first, last, w + _SLACK, dw, per_dw)
        first, last = _cut(first, last, 1 + _SLACK - v - w, -dv - dw, -per_du)
        if not first <= last:
            continue
        line = heights[i - begin]
        for j in range(int(np.ceil(first)), int(np.floor(last)) + 1):
            here = np.float32(value + j * slope)
            if not line[j] >= here:
                line[j] = here


@njit(cache=True, nogil=True, inline="always")
def _cut(
    first: float, last: float, start: float, slope: float, per_slope: float
) -> tuple[float, float]:  # pragma: no cover - compiled
    """The part of an interval in which ``start + slope * x`` is not negative."""
    if slope > 0:
        return max(first, -start * per_slope), last
    if slope < 0:
        return first, min(last, -start * per_slope)
    return first, last if start >= 0 else first - 1
