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


@njit(cache=True, nogil=True)
def positions(
    coefficients: np.ndarray,
    scaling: np.ndarray,
    line: float,
    begin: int,
    end: int,
    heights: np.ndarray,
    out: np.ndarray,
) -> None:
    """Evaluate a registration along a line of the reference.

    :param begin: first sample; ``end`` is the one after the last.
    :param heights: float32[samples].
    :param out: float64[3, samples].
    """
    powers = np.zeros((coefficients.shape[2], coefficients.shape[3]))
    x = (line - scaling[0, 0]) / scaling[0, 1]
    for quantity in range(3):
        powers[:] = 0
        for k in range(coefficients.shape[1] - 1, -1, -1):
            powers *= x
            powers += coefficients[quantity, k]
        for sample in range(begin, end):
            y = (sample - scaling[1, 0]) / scaling[1, 1]
            z = (heights[sample] - scaling[2, 0]) / scaling[2, 1]
            value = 0.0
            for m in range(powers.shape[1] - 1, -1, -1):
                part = powers[powers.shape[0] - 1, m]
                for k in range(powers.shape[0] - 2, -1, -1):
                    part = part * y + powers[k, m]
                value = value * z + part
            out[quantity, sample] = value


@njit(cache=True, nogil=True)
def draw_heights(
    line: np.ndarray, sample: np.ndarray, height: np.ndarray, heights: np.ndarray
) -> None:
    """Draw the cells of a DEM in the geometry of a burst, two triangles each.

    Where slopes overlay each other, the highest is kept. A cell with a missing corner is skipped.

    :param line: float64[rows, columns], position of the DEM's points; ``sample`` likewise.
    :param height: float[rows, columns], NaN for none.
    :param heights: float32[lines, samples], NaN to begin with; drawn into.
    """
    rows, columns = height.shape
    for r in range(rows - 1):
        for c in range(columns - 1):
            for half in range(2):
                r0, c0 = (r, c) if half == 0 else (r + 1, c + 1)
                _draw(
                    (line[r0, c0], line[r, c + 1], line[r + 1, c]),
                    (sample[r0, c0], sample[r, c + 1], sample[r + 1, c]),
                    (height[r0, c0], height[r, c + 1], height[r + 1, c]),
                    heights,
                )


@njit(cache=True, nogil=True, inline="always")
def _draw(
    y: tuple[float, float, float],
    x: tuple[float, float, float],
    z: tuple[float, float, float],
    heights: np.ndarray,
) -> None:
    lines, samples = heights.shape
    top, bottom = max(min(y), 0.0), min(max(y), lines - 1.0)
    left, right = max(min(x), 0.0), min(max(x), samples - 1.0)
    area = (y[1] - y[0]) * (x[2] - x[0]) - (y[2] - y[0]) * (x[1] - x[0])
    # A NaN fails every comparison.
    if not (top <= bottom and left <= right and area != 0 and z[0] + z[1] + z[2] > -1e9):
        return
    for i in range(int(np.ceil(top)), int(bottom) + 1):
        for j in range(int(np.ceil(left)), int(right) + 1):
            v = ((i - y[0]) * (x[2] - x[0]) - (y[2] - y[0]) * (j - x[0])) / area
            w = ((y[1] - y[0]) * (j - x[0]) - (i - y[0]) * (x[1] - x[0])) / area
            if v < -_SLACK or w < -_SLACK or v + w > 1 + _SLACK:
                continue
            value = np.float32(z[0] + v * (z[1] - z[0]) + w * (z[2] - z[0]))
            if not heights[i, j] >= value:
                heights[i, j] = value
