"""Imaging geometry of a simulated GRD product: line and sample to ground, over any terrain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dias_cbm_lab.level1.flight import GEODETIC, Flight, closest_approach, earth_fixed

Floats = NDArray[np.float64]

#: Height above the ellipsoid in m, of longitudes and latitudes in degrees.
Terrain = Callable[[Floats, Floats], Floats]

_ITERATIONS = 8


def sea_level(longitude: Floats, latitude: Floats) -> Floats:
    """No terrain: the ellipsoid."""
    return np.zeros(np.shape(longitude))


@dataclass(frozen=True, slots=True)
class Conversion:
    """Polynomials from slant range to ground range at some times.

    :param times: (n,) s.
    :param origin: m, slant range of ground range 0.
    :param coefficients: (n, terms) of ground range in powers of slant range minus origin.
    """

    times: Floats
    origin: float
    coefficients: Floats

    def slant_range(self, times: Floats, ground_range: Floats) -> Floats:
        """(n, m) slant ranges of ground ranges (m,) in lines at times (n,)."""
        # In slant range the image is at most 0.7 of what it is on the ground.
        reach = np.linspace(-200.0, 0.7 * float(ground_range.max()) + 500.0, 6000)
        known = np.array(
            [np.polynomial.polynomial.polyval(reach, one) for one in self.coefficients]
        )
        blended = _weights(times, self.times) @ known
        return self.origin + np.array([np.interp(ground_range, one, reach) for one in blended])


@dataclass(frozen=True, slots=True)
class Imaging:
    """The imaging geometry of a detected image.

    :param first_line: time of line 0, s.
    :param interval: s between lines.
    :param spacing: m on the ground between samples.
    """

    flight: Flight
    first_line: float
    interval: float
    lines: int
    samples: int
    spacing: float
    conversion: Conversion

    def ground(
        self, lines: Floats, samples: Floats, terrain: Terrain = sea_level, step: int = 8
    ) -> tuple[Floats, Floats, Floats]:
        """Longitude, latitude and height of (n,) lines times (m,) samples: each (n, m).

        :param step: pixels between those that are solved; values between them are interpolated
            linearly, which suits smooth terrain.
        """
        at_lines, at_samples = _thinned(lines, step), _thinned(samples, step)
        times = self.first_line + at_lines * self.interval
        ranges = self.conversion.slant_range(times, at_samples * self.spacing)
        down, right = _weights(lines, at_lines), _weights(samples, at_samples)
        longitude, latitude, height = (
            down @ one @ right.T for one in locate(self.flight, times, ranges, terrain)
        )
        return longitude, latitude, height


def seen_at(imaging: Imaging, places: Floats) -> list[tuple[float, float]]:
    """Line and sample of places, from their closest approach to the flight.

    :param places: (n, 3) longitude, latitude, height above the ellipsoid.
    """
    seen = []
    ground = np.arange(float(imaging.samples)) * imaging.spacing
    end = imaging.first_line + imaging.lines * imaging.interval
    for longitude, latitude, height in places:
        place = earth_fixed(longitude, latitude, height)
        time, distance = closest_approach(imaging.flight, place, imaging.first_line - 2, end + 2)
        ranges = imaging.conversion.slant_range(np.array([time]), ground)[0]
        sample = float(np.interp(distance, ranges, np.arange(imaging.samples)))
        seen.append(((time - imaging.first_line) / imaging.interval, sample))
    return seen


def _thinned(places: Floats, step: int) -> Floats:
    """Every n-th of ascending positions, and the last one."""
    return np.unique(np.append(places[::step], places[-1]))


def _weights(places: Floats, nodes: Floats) -> Floats:
    """The matrix (places, nodes) of linear interpolation."""
    return np.array([np.interp(places, nodes, one) for one in np.eye(len(nodes))]).T


def locate(
    flight: Flight, times: Floats, ranges: Floats, terrain: Terrain = sea_level
) -> tuple[Floats, Floats, Floats]:
    """Longitude, latitude and height of places abeam on the right.

    :param times: (n,) s.
    :param ranges: (n, m) m.
    """
    position, velocity = flight.position(times), flight.velocity(times)
    forward = velocity / np.linalg.norm(velocity, axis=-1, keepdims=True)
    down = -position + np.sum(position * forward, axis=-1, keepdims=True) * forward
    down /= np.linalg.norm(down, axis=-1, keepdims=True)
    right = np.cross(down, forward)
    # First guess from a spherical Earth, then Newton steps in the angle.
    orbit = np.linalg.norm(position, axis=-1)[:, None]
    radius = 6.371e6
    cosine = (orbit**2 + ranges**2 - radius**2) / (2 * orbit * ranges)
    angle = np.arccos(np.clip(cosine, -1, 1))
    longitude = latitude = height = np.zeros_like(angle)
    for _ in range(_ITERATIONS):
        cos, sin = np.cos(angle)[..., None], np.sin(angle)[..., None]
        sight = cos * down[:, None] + sin * right[:, None]
        point = position[:, None] + ranges[..., None] * sight
        longitude, latitude, height = GEODETIC.transform(*np.moveaxis(point, -1, 0))
        lon, lat = np.radians(longitude), np.radians(latitude)
        up = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
        turning = cos * right[:, None] - sin * down[:, None]
        rise = ranges * np.sum(turning * up, axis=-1)
        angle = angle + (terrain(longitude, latitude) - height) / rise
    return longitude, latitude, height


def conversion_of(
    flight: Flight, times: Floats, near: float, extent: float, terms: int = 9
) -> Conversion:
    """The polynomials of a scene on the ellipsoid, as ESA's processor fits them.

    :param near: slant range of ground range 0, m.
    :param extent: of the image on the ground, m.
    """
    ranges = near + np.linspace(0, 0.8 * extent, 400)
    rows = np.broadcast_to(ranges, (len(times), len(ranges)))
    longitude, latitude, _ = locate(flight, times, rows)
    coefficients = []
    for lon, lat in zip(longitude, latitude, strict=True):
        points = np.array([earth_fixed(*place, 0.0) for place in zip(lon, lat, strict=True)])
        steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
        away = np.concatenate([[0.0], np.cumsum(steps)])
        fitted = np.polynomial.Polynomial.fit(ranges - near, away, terms - 1).convert()
        coefficients.append(np.pad(fitted.coef, (0, terms - len(fitted.coef))))
    return Conversion(times, near, np.array(coefficients))
