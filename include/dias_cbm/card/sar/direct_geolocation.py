"""Direct geolocation: from zero-Doppler time, slant range and height to a place on Earth."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar.geometry import SEMI_MAJOR_AXIS, SEMI_MINOR_AXIS

Floats = NDArray[np.float64]

#: Newton's method converges quadratically; from a look of 37 degrees it takes four or five steps.
_STEPS, _CONVERGED_M = 20, 1e-5


class Track(Protocol):
    """Positions and velocities of a satellite over time."""

    def position(self, times: Floats) -> Floats:
        """(n, 3) m, Earth fixed, at (n,) times."""
        ...

    def velocity(self, times: Floats) -> Floats:
        """(n, 3) m/s."""
        ...


def places_at(track: Track, times: Floats, ranges: Floats, height: Floats) -> Floats:
    """Points abeam of a satellite that looks to the right.

    Each lies at its range, in the plane of zero Doppler, and on the ellipsoid whose axes are longer
    by ``height``, which equals the height above the ellipsoid within some centimetres at 5000 m.

    :param times: (n,) s since the track's epoch.
    :param ranges: (m,) m.
    :param height: above the ellipsoid, m; broadcasts to (n, m).
    :returns: (n, m, 3) m, Earth fixed.
    """
    satellite, velocity = track.position(times)[:, None], track.velocity(times)[:, None]
    shape = (len(times), len(ranges), 3)
    down = -satellite / np.linalg.norm(satellite, axis=-1, keepdims=True)
    right = np.cross(velocity, -down)
    right /= np.linalg.norm(right, axis=-1, keepdims=True)
    point = satellite + ranges[None, :, None] * (0.8 * down + 0.6 * right)
    above = np.broadcast_to(height, shape[:2])
    axes = np.stack([SEMI_MAJOR_AXIS + above] * 2 + [SEMI_MINOR_AXIS + above], axis=-1)
    for _ in range(_STEPS):
        away = point - satellite
        values = np.stack(
            [
                (away**2).sum(-1) - ranges**2,
                (away * velocity).sum(-1),
                ((point / axes) ** 2).sum(-1) - 1,
            ],
            axis=-1,
        )
        slopes = np.stack(
            [2 * away, np.broadcast_to(velocity, shape), 2 * point / axes**2], axis=-2
        )
        step = np.linalg.solve(slopes, values[..., None])[..., 0]
        point = point - step
        if np.abs(step).max() < _CONVERGED_M:
            break
    return point


def geodetic(points: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude in degrees of points (..., 3), by Bowring's formula."""
    x, y, z = np.moveaxis(points, -1, 0)
    across = np.hypot(x, y)
    a, b = SEMI_MAJOR_AXIS, SEMI_MINOR_AXIS
    reduced = np.arctan2(z * a, across * b)
    latitude = np.arctan2(
        z + (a * a - b * b) / b * np.sin(reduced) ** 3,
        across - (a * a - b * b) / a * np.cos(reduced) ** 3,
    )
    return np.degrees(np.arctan2(y, x)), np.degrees(latitude)
