"""Tables of 6S, and the correction's coefficients that they give for one scene.

6S writes the reflectance at the sensor as (Vermote et al. 1997, IEEE TGRS 35(3), eq. 6 and 8)

    g (r + (p - r) v(U/2) + T v(U) s / (1 - S s))

with s of the surface, p the path reflectance of molecules and aerosol, r that of molecules alone,
T the transmission down and up, S the spherical albedo, g the transmission of ozone, v that of a
column U of water vapour; other gases are in p, r and T. Near nadir p and T are a second-degree
polynomial of the view direction, known from four views; along the other axes, cubic splines run
through the nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline

from dias_cbm.errors import CardFailed

Array = NDArray[np.float64]

#: Default column of ozone, cm-atm.
OZONE = 0.33

#: How far from the nadir the polynomial of the view holds, in its own views' distance.
_FARTHEST = 1.25


@dataclass(frozen=True, slots=True)
class Nodes:
    """Where the tables were computed: sun's zenith in degrees, altitude in km, water in g/cm2."""

    sun_zenith: Array
    aot: Array
    altitude: Array
    air_mass: Array
    water: Array


@dataclass(frozen=True, slots=True)
class Atmosphere:
    """Properties of the air, taken to be the same over a whole scene.

    :param aot: aerosol optical thickness at 550 nm, of the air above the ground.
    :param water: column of water vapour above the ground, g/cm2.
    :param ozone: cm-atm.
    :param altitude: of the ground, km.
    """

    aot: float
    water: float
    ozone: float = OZONE
    altitude: float = 0.0


@dataclass(frozen=True, slots=True)
class Geometry:
    """Directions to sun and sensor, arrays of one shape, in degrees.

    :param relative_azimuth: between the two.
    """

    sun_zenith: Array
    view_zenith: Array
    relative_azimuth: Array


@dataclass(frozen=True, slots=True)
class Correction:
    """Surface reflectance = y / (1 + xc y), with y = xa * (reflectance at the sensor) - xb.

    Arrays of the geometry's shape.
    """

    xa: Array
    xb: Array
    xc: Array

    def surface(self, at_sensor: Array) -> Array:
        """Surface reflectance of a reflectance at the sensor."""
        y = self.xa * at_sensor - self.xb
        return np.asarray(y / (1 + self.xc * y))


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one satellite's bands and one aerosol model.

    :param view_zenith: of the three views beside the nadir, degrees.
    :param path: at sea level: band x sun zenith x view x aot; reflectance.
    :param transmission: the same.
    :param albedo: band x aot.
    :param clean_path: without aerosol: band x sun zenith x view x altitude; likewise the next two.
    :param vapour: band x air mass x water; transmission.
    :param ozone: per band: optical thickness of one cm-atm.
    """

    bands: tuple[str, ...]
    nodes: Nodes
    view_zenith: float
    aerosol: str
    path: Array
    transmission: Array
    albedo: Array
    clean_path: Array
    clean_transmission: Array
    clean_albedo: Array
    vapour: Array
    ozone: Array

    def save(self, path: Path) -> None:
        """Write them as one file of numpy arrays."""
        arrays: dict[str, Any] = {
            f.name: getattr(self, f.name) for f in fields(self) if f.name != "nodes"
        }
        arrays |= {f"node_{f.name}": getattr(self.nodes, f.name) for f in fields(Nodes)}
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: Path) -> Tables:
        """Read what :meth:`save` wrote.

        :raises CardFailed: the file is missing, or does not hold such tables.
        """
        try:
            with np.load(path, allow_pickle=False) as found:
                nodes = Nodes(**{f.name: found[f"node_{f.name}"] for f in fields(Nodes)})
                return cls(
                    tuple(str(band) for band in found["bands"]),
                    nodes,
                    float(found["view_zenith"]),
                    str(found["aerosol"]),
                    **{f.name: found[f.name] for f in fields(cls)[4:]},
                )
        except (OSError, KeyError, ValueError) as error:
            raise CardFailed(
                f"cannot be used as tables of 6S: {error}",
                subject=path,
                hint="python -m dias_cbm.card.optical.build",
            ) from error

    def correction(self, band: str, geometry: Geometry, atmosphere: Atmosphere) -> Correction:
        """The coefficients of a band for every direction of ``geometry``.

        :raises CardFailed: something lies outside the tables.
        """
        self._check(geometry, atmosphere)
        index, nodes = self.bands.index(band), self.nodes
        hazy = np.stack([self.path[index], self.transmission[index]])
        hazy = _at(nodes.aot, hazy, atmosphere.aot, axis=3)
        clean = np.stack([self.clean_path[index], self.clean_transmission[index]])
        high = _at(nodes.altitude, clean, atmosphere.altitude, axis=3)
        # The height of the ground changes the amount of molecules above it, not of aerosol.
        layers = high[0], hazy[0] + high[0] - clean[0, ..., 0], hazy[1] * high[1] / clean[1, ..., 0]
        molecules, path, transmission = (
            _along_sun(nodes, layer, geometry, self.view_zenith) for layer in layers
        )
        albedo = _at(nodes.aot, self.albedo[index], atmosphere.aot, axis=0)
        albedo += _at(nodes.altitude, self.clean_albedo[index], atmosphere.altitude, axis=0)
        albedo -= self.clean_albedo[index, 0]
        mass = 1 / _cos(geometry.sun_zenith) + 1 / _cos(geometry.view_zenith)
        half = molecules + (path - molecules) * self._vapour(index, mass, atmosphere.water / 2)
        through = transmission * self._vapour(index, mass, atmosphere.water)
        ozone = np.exp(-self.ozone[index] * mass * atmosphere.ozone)
        return Correction(1 / (through * ozone), half / through, np.full(mass.shape, albedo))

    def _vapour(self, index: int, mass: Array, water: float) -> Array:
        """Transmission of water vapour; its logarithm is about linear in the column's root."""
        nodes = self.nodes
        rows = _at(np.sqrt(nodes.water), np.log(self.vapour[index]), np.sqrt(water), axis=1)
        return np.asarray(np.exp(_at(np.sqrt(nodes.air_mass), rows, np.sqrt(mass), axis=0)))

    @property
    def _views(self) -> Array:
        return np.array([0.0, _FARTHEST * self.view_zenith])

    def _check(self, geometry: Geometry, atmosphere: Atmosphere) -> None:
        nodes = self.nodes
        limits: Mapping[str, tuple[Array, Array | float]] = {
            "the sun's zenith angle": (nodes.sun_zenith, geometry.sun_zenith),
            "the view's zenith angle": (self._views, geometry.view_zenith),
            "aerosol optical thickness": (nodes.aot, atmosphere.aot),
            "water vapour": (nodes.water, atmosphere.water),
            "altitude in km": (nodes.altitude, atmosphere.altitude),
        }
        for name, (known, asked) in limits.items():
            lowest, highest = float(np.min(asked)), float(np.max(asked))
            if not (known[0] <= lowest and highest <= known[-1]):
                asked_for = f"{lowest:g}" + (f" to {highest:g}" if highest > lowest else "")
                raise CardFailed(
                    f"{name} is {asked_for}; the tables cover {known[0]:g} to {known[-1]:g}"
                )


@cache
def tables() -> Tables:
    """The tables in this package: Sentinel-2A, continental aerosol."""
    return Tables.load(Path(__file__).with_name("tables.npz"))


def _at(nodes: Array, values: Array, where: Array | float, axis: int) -> Array:
    """Values at ``where``, which replaces the axis; cubic where there are four nodes."""
    degree = min(3, len(nodes) - 1)
    return np.asarray(make_interp_spline(nodes, values, k=degree, axis=axis)(where))


def _along_sun(nodes: Nodes, values: Array, geometry: Geometry, view_zenith: float) -> Array:
    """Values of sun zenith x view at the directions of a geometry."""
    nadir, towards, across, away = np.moveaxis(
        _at(nodes.sun_zenith, values, geometry.sun_zenith, axis=0), -1, 0
    )
    azimuth = np.radians(geometry.relative_azimuth)
    tilt = geometry.view_zenith / view_zenith
    x, y = tilt * np.cos(azimuth), tilt * np.sin(azimuth)
    along = (towards + away) / 2 - nadir
    return np.asarray(nadir + (towards - away) / 2 * x + along * x**2 + (across - nadir) * y**2)


def _cos(degrees: Array) -> Array:
    return np.asarray(np.cos(np.radians(degrees)))
