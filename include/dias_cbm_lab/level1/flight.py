"""Orbits as formulas, Earth fixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer
from scipy.optimize import fsolve, minimize_scalar

Floats = NDArray[np.float64]

_GRAVITY = 3.986004418e14
_EARTH_ROTATION = 7.292115e-5
_RADIUS = 7_071_000.0
_INCLINATION = np.radians(98.18)

GEODETIC = Transformer.from_crs("EPSG:4978", "EPSG:4979", always_xy=True)
EARTH_FIXED = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)


class Flight(Protocol):
    """A satellite's trajectory; times are seconds since some reference time."""

    def position(self, times: Floats) -> Floats:
        """(..., 3) m, Earth fixed."""

    def velocity(self, times: Floats) -> Floats:
        """(..., 3) m/s, Earth fixed."""


@dataclass(frozen=True, slots=True)
class CircularFlight:
    """A circular orbit of Sentinel-1's size over the rotating Earth.

    :param node: longitude of the ascending node at time 0, rad.
    :param argument: angle from the node to the satellite at time 0, rad.
    """

    node: float
    argument: float

    def position(self, times: Floats) -> Floats:
        """(..., 3) m, Earth fixed."""
        return _RADIUS * self._direction(times)[0]

    def velocity(self, times: Floats) -> Floats:
        """(..., 3) m/s, Earth fixed."""
        _, along, turned = self._direction(times)
        motion = np.sqrt(_GRAVITY / _RADIUS**3)
        return _RADIUS * (motion * along - _EARTH_ROTATION * turned)

    def _direction(self, times: Floats) -> tuple[Floats, Floats, Floats]:
        """Unit vector to the satellite, and its derivatives by argument and by node."""
        times = np.asarray(times, float)
        u = self.argument + np.sqrt(_GRAVITY / _RADIUS**3) * times
        node = self.node - _EARTH_ROTATION * times
        tilt, lift = np.cos(_INCLINATION), np.sin(_INCLINATION)
        x, y = np.cos(u), np.sin(u) * tilt
        dx, dy = -np.sin(u), np.cos(u) * tilt
        cos, sin = np.cos(node), np.sin(node)
        here = np.stack([cos * x - sin * y, sin * x + cos * y, np.sin(u) * lift], axis=-1)
        along = np.stack([cos * dx - sin * dy, sin * dx + cos * dy, np.cos(u) * lift], axis=-1)
        turned = np.stack([-here[..., 1], here[..., 0], np.zeros_like(u)], axis=-1)
        return here, along, turned


@dataclass(frozen=True, slots=True)
class FittedFlight:
    """A polynomial of degree 7 through the state vectors of a real product.

    :param middle: s, where the polynomial's argument is 0.
    :param coefficients: (8, 3) of the position in powers of ``(time - middle) / 50``.
    """

    middle: float
    coefficients: Floats

    @classmethod
    def through(cls, times: Floats, positions: Floats, middle: float) -> FittedFlight:
        """Fitted to the twelve vectors nearest to a moment."""
        nearest = np.sort(np.argsort(np.abs(times - middle))[:12])
        scaled = (times[nearest] - middle) / 50
        fitted = np.polynomial.polynomial.polyfit(scaled, positions[nearest], 7)
        return cls(middle, np.asarray(fitted, float))

    def position(self, times: Floats) -> Floats:
        """(..., 3) m, Earth fixed."""
        return self._evaluate(times, self.coefficients)

    def velocity(self, times: Floats) -> Floats:
        """(..., 3) m/s, Earth fixed."""
        return self._evaluate(times, np.polynomial.polynomial.polyder(self.coefficients) / 50)

    def _evaluate(self, times: Floats, coefficients: NDArray[Any]) -> Floats:
        scaled = (np.asarray(times, float) - self.middle) / 50
        values = np.polynomial.polynomial.polyval(scaled, coefficients)
        return np.moveaxis(np.asarray(values, float), 0, -1)


def flight_over(
    longitude: float, latitude: float, slant_range: float, *, ascending: bool
) -> CircularFlight:
    """The orbit that has a place abeam on its right at time 0, at a slant range [m].

    :param longitude: degrees, of a place on the ellipsoid.
    """
    place = earth_fixed(longitude, latitude, 0.0)

    def missed(unknown: Floats) -> list[float]:
        flight = CircularFlight(*unknown)
        away = place - flight.position(np.array(0.0))
        velocity = flight.velocity(np.array(0.0))
        return [
            float(away @ velocity) / 7.5e9,
            float(np.linalg.norm(away) - slant_range) / 1e6,
        ]

    # The satellite passes some 500 km to the left of the place.
    argument = np.arcsin(np.clip(np.sin(np.radians(latitude)) / np.sin(_INCLINATION), -0.99, 0.99))
    argument = argument if ascending else np.pi - argument
    aside = np.radians(500 / (111 * np.cos(np.radians(latitude))))
    under = np.radians(longitude) + (-aside if ascending else aside)
    turn = np.arctan2(np.sin(argument) * np.cos(_INCLINATION), np.cos(argument))
    found = fsolve(missed, [under - turn, argument], xtol=1e-13)
    return CircularFlight(float(found[0]), float(found[1]))


def closest_approach(
    flight: Flight, place: Floats, start: float, end: float
) -> tuple[float, float]:
    """Time and distance of closest approach to a place: zero Doppler, found by bisection.

    :param place: (3,) m, Earth fixed.
    """

    def distance(time: float) -> float:
        return float(np.linalg.norm(place - flight.position(np.array(time))))

    # The distance itself is flat around its minimum, so its slope is bisected.
    low = high = minimize_scalar(distance, bounds=(start, end), method="bounded").x
    low, high = low - 0.05, high + 0.05

    def closing(time: float) -> float:
        away = place - flight.position(np.array(time))
        return float(away @ flight.velocity(np.array(time)))

    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if closing(middle) > 0 else (low, middle)
    return low, distance(low)


def earth_fixed(longitude: float, latitude: float, height: float) -> Floats:
    """A place on Earth as (3,) m, Earth fixed, computed by PROJ."""
    return np.array(EARTH_FIXED.transform(longitude, latitude, height))
