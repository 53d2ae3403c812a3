"""A straight ridge across the look of a simulated GRD scene, and what the radar sees of it.

The formulas are those of a plane wave on two planes, and share nothing with the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from dias_cbm_lab.level1.flight import EARTH_FIXED
from dias_cbm_lab.level1.grd import imaging_of, write_dem, write_grd
from dias_cbm_lab.level1.simulated_scene import SimulatedScene

Floats = NDArray[np.float64]

UTM = Transformer.from_crs("EPSG:4326", "EPSG:32632", always_xy=True)
GAMMA0 = 0.1
_FLAT, _TALL = 50.0, 150.0
_LINES, _SAMPLES = 130, 320


@dataclass(frozen=True)
class Ridge:
    """A ridge of 150 m over flat land of 50 m.

    :param front: slope that faces the satellite, degrees.
    :param back: slope that is turned away, degrees.
    """

    front: float
    back: float
    ascending: bool = False

    @cached_property
    def scene(self) -> SimulatedScene:
        start = datetime(2018, 8, 21, 5, 23, 45, tzinfo=UTC)
        return SimulatedScene(9.5, 56.0, start, _LINES, _SAMPLES, ascending=self.ascending)

    @cached_property
    def _line(self) -> tuple[Floats, Floats]:
        """A place on the crest, and the direction away from the satellite, in UTM."""
        middle, half = np.array([_LINES / 2]), _SAMPLES / 2
        places = imaging_of(self.scene).ground(middle, np.array([half - 100, half, half + 100]))
        x, y = UTM.transform(places[0][0], places[1][0])
        away = np.array([x[2] - x[0], y[2] - y[0]])
        return np.array([x[1], y[1]]), away / np.hypot(*away)

    @property
    def feet(self) -> tuple[float, float]:
        """Where the ridge begins and ends, m from the crest, away from the satellite."""
        return (
            -_TALL / np.tan(np.radians(self.front)),
            _TALL / np.tan(np.radians(self.back)),
        )

    def across(self, longitude: Floats, latitude: Floats) -> Floats:
        """Distance from the crest, away from the satellite, m."""
        (x0, y0), away = self._line
        x, y = UTM.transform(longitude, latitude)
        return (x - x0) * away[0] + (y - y0) * away[1]

    def heights(self, longitude: Floats, latitude: Floats) -> Floats:
        x, (begin, end) = self.across(longitude, latitude), self.feet
        return _FLAT + _TALL * np.clip(1 - np.where(x < 0, x / begin, x / end), 0, None)

    def slopes(self, longitude: Floats, latitude: Floats) -> Floats:
        """Radians, positive where the ground faces the satellite."""
        x, (begin, end) = self.across(longitude, latitude), self.feet
        facing = np.where(x < 0, self.front, -self.back)
        return np.radians(np.where((x > begin) & (x < end), facing, 0))

    def incidence(self, longitude: Floats, latitude: Floats) -> Floats:
        """On flat ground, radians."""
        point = np.stack(
            EARTH_FIXED.transform(longitude, latitude, np.full(longitude.shape, _FLAT)), -1
        )
        flight = imaging_of(self.scene).flight
        (satellite,), (velocity,) = (one(np.zeros(1)) for one in (flight.position, flight.velocity))
        time = (point - satellite) @ velocity / (velocity @ velocity)
        look = satellite + time[..., None] * velocity - point
        look /= np.linalg.norm(look, axis=-1, keepdims=True)
        lon, lat = np.radians(longitude), np.radians(latitude)
        up = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)
        return np.arccos((look * up).sum(-1))

    def bright(self, longitude: Floats, latitude: Floats) -> Floats:
        """Gamma0 over the ellipsoid of ground whose gamma0 over the terrain is even."""
        angle = self.incidence(longitude, latitude)
        return GAMMA0 * np.tan(angle) / np.tan(angle - self.slopes(longitude, latitude))

    def write(self, folder: Path) -> tuple[Path, Path]:
        """The product, and the terrain model."""
        safe = write_grd(
            self.scene,
            folder,
            {"VV": self.bright, "VH": self.bright},
            terrain=self.heights,
            looks=None,
        )
        return safe, self.write_dem(folder / "dem.tif")

    def write_dem(self, path: Path) -> Path:
        longitude, latitude, _ = imaging_of(self.scene).ground(
            np.array([0.0, _LINES - 1]), np.array([0.0, _SAMPLES - 1])
        )
        west, south = longitude.min() - 0.02, latitude.min() - 0.02
        east, north = longitude.max() + 0.02, latitude.max() + 0.02
        return write_dem(path, self.heights, (west, south, east, north), 1 / 3600 / 3)
