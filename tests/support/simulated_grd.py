"""A small simulated GRD scene with hills and parcels of known gamma0."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from dias_cbm_lab.level1.grd import Points, imaging_of, write_dem, write_grd
from dias_cbm_lab.level1.simulated_scene import SimulatedScene

Floats = NDArray[np.float64]

CLASSES = 16
_UTM = Transformer.from_crs("EPSG:4326", "EPSG:32632", always_xy=True)


@dataclass(frozen=True)
class Simulated:
    safe: Path
    dem: Path
    scene: SimulatedScene


def simulate(
    folder: Path,
    lines: int,
    samples: int,
    *,
    ascending: bool = False,
    points: Points | None = None,
    looks: float | None = 4.4,
    raised: float = 0.0,
) -> Simulated:
    """Write a scene and its terrain model.

    :param raised: metres by which the hills lie higher.
    """
    start = datetime(2018, 8, 21, 5, 23, 45, tzinfo=UTC)
    scene = SimulatedScene(9.5, 56.0, start, lines, samples, ascending=ascending)
    if points is None:
        truth = {
            "VV": lambda *place: decibels(-20, *place),
            "VH": lambda *place: decibels(-26, *place),
        }
    else:
        truth = {"VV": dark, "VH": dark}

    def terrain(longitude: Floats, latitude: Floats) -> Floats:
        return hills(longitude, latitude) + raised

    safe = write_grd(scene, folder, truth, terrain=terrain, points=points, looks=looks)
    longitude, latitude, _ = imaging_of(scene).ground(
        np.array([0.0, lines - 1]), np.array([0.0, samples - 1]), terrain
    )
    bounds = (
        longitude.min() - 0.02,
        latitude.min() - 0.02,
        longitude.max() + 0.02,
        latitude.max() + 0.02,
    )
    return Simulated(safe, write_dem(folder / "dem.tif", terrain, bounds), scene)


def hills(longitude: Floats, latitude: Floats) -> Floats:
    """Above the ellipsoid: 40 to 200 m, with slopes of up to 4 degrees."""
    return 120 + 80 * np.sin(np.radians(longitude) * 3000) * np.cos(np.radians(latitude) * 4000)


def classes(x: Floats, y: Floats) -> Floats:
    """Parcels of 200 m in UTM 32 north: 16 classes."""
    return (np.floor(x / 200) * 7 + np.floor(y / 200) * 13) % CLASSES


def decibels(lowest: float, longitude: Floats, latitude: Floats) -> Floats:
    """gamma0 of the parcels: each class is 1 dB above the one before."""
    return 10 ** ((lowest + classes(*_UTM.transform(longitude, latitude))) / 10)


def dark(longitude: Floats, latitude: Floats) -> Floats:
    return np.full(np.shape(longitude), 0.01)
