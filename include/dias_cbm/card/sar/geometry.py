"""Range-Doppler geometry: from a place on Earth to zero-Doppler time and slant range."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar.annotation import Annotation, GroundRanges
from dias_cbm.card.sar.orbit import Orbit

Floats = NDArray[np.float64]

#: WGS 84.
SEMI_MAJOR_AXIS = 6_378_137.0
SEMI_MINOR_AXIS = 6_356_752.314245
_E2 = 1 - (SEMI_MINOR_AXIS / SEMI_MAJOR_AXIS) ** 2
#: Newton's method converges quadratically: three or four steps from anywhere in the image.
_STEPS = 20
_CONVERGED_S = 1e-9


def to_earth_fixed(longitude: Floats, latitude: Floats, height: Floats) -> Floats:
    """Places on Earth as vectors.

    :param longitude: (...) degrees.
    :param latitude: degrees.
    :param height: m above the ellipsoid.
    :returns: (..., 3) m.
    """
    lon, lat = np.radians(longitude), np.radians(latitude)
    normal = SEMI_MAJOR_AXIS / np.sqrt(1 - _E2 * np.sin(lat) ** 2)
    across = (normal + height) * np.cos(lat)
    return np.stack(
        [across * np.cos(lon), across * np.sin(lon), (normal * (1 - _E2) + height) * np.sin(lat)],
        axis=-1,
    )


def zero_doppler(orbit: Orbit, points: Floats) -> tuple[Floats, Floats]:
    """The time at which the satellite passed each point abeam, and its distance then.

    :param points: (..., 3) m, Earth fixed.
    :returns: azimuth times [s since the epoch] and one-way slant ranges [m], both (...); NaN for a
        point that is not finite or that the orbit does not pass.
    """
    flat = np.ascontiguousarray(points, float).reshape(-1, 3)
    times, ranges = _zero_doppler(orbit.times, orbit.positions, orbit.velocities, flat)
    return times.reshape(points.shape[:-1]), ranges.reshape(points.shape[:-1])


@numba.njit(cache=True, nogil=True)
def _zero_doppler(
    knots: Floats, positions: Floats, velocities: Floats, points: Floats
) -> tuple[Floats, Floats]:  # pragma: no cover - compiled
    """Newton's method on (X - P(t)) V(t) = 0, point by point."""
    times = np.full(len(points), np.nan)
    ranges = np.full(len(points), np.nan)
    for i in range(len(points)):
        time = 0.5 * (knots[0] + knots[-1])
        for _ in range(_STEPS):
            knot = min(max(np.searchsorted(knots, time) - 1, 0), len(positions) - 1)
            since = time - knots[knot]
            value, slope, square = 0.0, 0.0, 0.0
            for axis in range(3):
                c0, c1 = positions[knot, 0, axis], positions[knot, 1, axis]
                c2, c3 = positions[knot, 2, axis], positions[knot, 3, axis]
                away = points[i, axis] - (c0 + since * (c1 + since * (c2 + since * c3)))
                c0, c1 = velocities[knot, 0, axis], velocities[knot, 1, axis]
                c2, c3 = velocities[knot, 2, axis], velocities[knot, 3, axis]
                velocity = c0 + since * (c1 + since * (c2 + since * c3))
                acceleration = c1 + since * (2 * c2 + since * 3 * c3)
                value += away * velocity
                slope += away * acceleration - velocity * velocity
                square += away * away
            following = time - value / slope
            if abs(following - time) < _CONVERGED_S and knots[0] <= following <= knots[-1]:
                times[i], ranges[i] = following, math.sqrt(square)
                break
            # Beyond its ends the spline no longer follows the orbit.
            time = min(max(following, knots[0]), knots[-1])
            if not math.isfinite(following):
                break
    return times, ranges


def ground_range(ranges: GroundRanges, times: Floats, slant_range: Floats) -> Floats:
    """Ground ranges [m] of slant ranges, the polynomials blended linearly in azimuth time.

    Neighbouring polynomials follow the mean height of the terrain and differ by up to 20 samples
    at far range. The image cannot jump from one to the next, though ESA's geolocation grid does.

    :param times: (n,) s since the epoch.
    :param slant_range: (n,) m.
    """
    return _ground_range(
        ranges.times, ranges.origins, ranges.coefficients, np.ravel(times), np.ravel(slant_range)
    ).reshape(np.shape(times))


@numba.njit(cache=True, nogil=True)
def _ground_range(
    epochs: Floats, origins: Floats, coefficients: Floats, times: Floats, slant_range: Floats
) -> Floats:  # pragma: no cover - compiled
    result = np.empty(len(times))
    for i in range(len(times)):
        result[i] = blended(epochs, origins, coefficients, times[i], slant_range[i])
    return result


@numba.njit(cache=True, nogil=True)
def blended(
    epochs: Floats, origins: Floats, coefficients: Floats, time: float, slant_range: float
) -> float:  # pragma: no cover - compiled
    """The ground range [m] of one slant range [m] at one time [s], see :func:`ground_range`."""
    last = len(epochs) - 1
    before = min(max(int(np.searchsorted(epochs, time)) - 1, 0), max(last - 1, 0))
    after = min(before + 1, last)
    share = 0.0
    if after > before:
        share = (time - epochs[before]) / (epochs[after] - epochs[before])
        share = min(max(share, 0.0), 1.0)
    earlier, later = 0.0, 0.0
    since, until = slant_range - origins[before], slant_range - origins[after]
    for power in range(coefficients.shape[1] - 1, -1, -1):
        earlier = earlier * since + coefficients[before, power]
        later = later * until + coefficients[after, power]
    return (1 - share) * earlier + share * later


def detected_coordinates(
    annotation: Annotation, times: Floats, slant_range: Floats
) -> tuple[Floats, Floats]:
    """Line and sample of a GRD image, from 0 at the centre of the first pixel.

    :param times: azimuth times, s since the epoch.
    :param slant_range: m.
    """
    if annotation.ground_ranges is None:
        raise ValueError(f"{annotation.path} does not describe a GRD")
    line = (times - annotation.first_line_time) / annotation.line_interval
    away = ground_range(annotation.ground_ranges, times, slant_range)
    return line, away / annotation.range_spacing
