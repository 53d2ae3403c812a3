"""CARD-2A's atmosphere and clouds on real images, beside Sen2Cor's surface reflectance.

Sen2Cor: 24 x 42 pixels of S2A of 3 July 2017 around Lago Barbellino in the Alps, at 1,862 m, as
L1C and as L2A. A tile of 13 bands of 29 July 2017 in Quebec, every sixteenth pixel of it: forest,
water and clouds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.optical.classes import Scl, sky_classes
from dias_cbm.card.optical.clouds import cloud_probability
from dias_cbm.card.optical.estimate import BANDS, Estimate, estimated
from dias_cbm.card.optical.tables import Atmosphere, Geometry, tables
from dias_cbm.errors import NotEnoughData
from dias_cbm.products.readers.raster import open_unplaced
from dias_cbm_lab.evidence.figure import Figure

SEN2COR, TILE = "sen2r_toa_boa", "riotiler_l1c_preview"
#: Bands in the files of both levels, in their order.
_SENSED = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B09", "B10", "B11", "B12")
_SURFACE = tuple(band for band in _SENSED if band != "B10")
_LEVELS = ("TOA", "BOA", "SCL")
COMPARED = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B11", "B12")
#: The bands to which a slope and the light of what is around matter little.
FIRM = ("B02", "B03", "B04")
#: Sen2Cor's classes of land in the clear: vegetation, bare and unclassified.
_CLEAR = (4, 5, 7)
#: Sun of both places and times; a view near the nadir, which is not in the files.
_ALPS = Geometry(np.array(26.5), np.array(6.0), np.array(90.0))
_QUEBEC = Geometry(np.array(33.0), np.array(6.0), np.array(90.0))
ALTITUDE, _WATER = 1.862, 0.8
_CLOUDY = (Scl.CLOUD_MEDIUM, Scl.CLOUD_HIGH, Scl.CIRRUS)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Alps:
    """A real image at two levels.

    :param sensed: reflectance at the sensor, by band.
    :param surface: of Sen2Cor, by band.
    :param clear: land without cloud.
    :param vegetation: the part of it that Sen2Cor calls so, on slopes.
    """

    sensed: Mapping[str, Floats]
    surface: Mapping[str, Floats]
    clear: NDArray[np.bool_]
    vegetation: NDArray[np.bool_]

    @classmethod
    def read(cls, data: Path) -> Alps:
        """Read it from the folder of real images."""
        toa, boa, classes = (_read(data / SEN2COR, f"*_{one}_*.tif") for one in _LEVELS)
        finer = np.kron(classes[0], np.ones((2, 2)))
        return cls(
            dict(zip(_SENSED, toa / 1e4, strict=True)),
            dict(zip(_SURFACE, boa / 1e4, strict=True)),
            np.isin(finer, _CLEAR),
            finer == Scl.VEGETATION,
        )

    def off(
        self, aot: float, altitude: float = ALTITUDE, where: NDArray[np.bool_] | None = None
    ) -> dict[str, float]:
        """Median of our surface reflectance minus Sen2Cor's, by band.

        :param altitude: of the ground, km.
        :param where: only these pixels; by default all clear ones.
        """
        air = Atmosphere(aot=aot, water=_WATER, altitude=altitude)
        chosen = self.clear if where is None else where
        found = {}
        for band in COMPARED:
            ours = tables().correction(band, _ALPS, air).surface(self.sensed[band])
            found[band] = float(np.median((ours - self.surface[band])[chosen]))
        return found

    def fitted(self, altitude: float = ALTITUDE) -> tuple[float, dict[str, float]]:
        """The aerosol with which blue, green and red agree best, and :meth:`off` with it."""
        trials = {aot: self.off(aot, altitude) for aot in np.arange(0.02, 0.41, 0.02).tolist()}
        best = min(trials, key=lambda aot: max(abs(trials[aot][band]) for band in FIRM))
        return best, trials[best]


@dataclass(frozen=True, slots=True)
class Sky:
    """What the engine finds in the tile.

    :param cloudy: share of the pixels with data.
    """

    cloudy: float
    estimate: Estimate
    pixels: int


def tile(data: Path, step: int = 1) -> dict[str, NDArray[np.float32]]:
    """Reflectance at the sensor of the tile, by band; 0 for no data.

    :param step: only every so many pixels and lines.
    """
    bands = [f"B{number:02d}" for number in range(1, 13)] + ["B8A"]
    found = {band: _read(data / TILE, f"{band}.jp2")[0, ::step, ::step] for band in bands}
    return {band: (numbers / 1e4).astype(np.float32) for band, numbers in found.items()}


def sky(bands: Mapping[str, NDArray[np.float32]]) -> Sky:
    """Clouds and atmosphere of the tile."""
    valid = np.logical_and.reduce([values != 0 for values in bands.values()])
    classes = sky_classes(cloud_probability(bands, valid), bands["B10"])
    cloudy = np.isin(classes, _CLOUDY)
    directions = dict.fromkeys(BANDS, _QUEBEC)
    unknown = Atmosphere(np.nan, np.nan)
    air = estimated(tables(), directions, bands, valid & ~cloudy, unknown)
    return Sky(float(cloudy[valid].mean()), air, int(valid.sum()))


def figures(data: Path, step: int = 1) -> list[Figure]:
    """All of them.

    :param data: the folder of real images.
    :param step: see :func:`tile`.
    """
    alps = Alps.read(data)
    aot, off = alps.fitted()
    what = f"Sen2Cor, Alps, {int(alps.clear.sum())} pixels"
    found = [Figure(f"{what}: aerosol that was fitted", round(aot, 2), "")]
    for band in COMPARED:
        bound = 0.006 if band in FIRM else None
        found.append(Figure(f"{what}: median difference of {band}", off[band], "", bound))
    slopes = alps.off(aot, where=alps.vegetation)
    share = {band: slopes[band] / np.median(alps.surface[band][alps.vegetation]) for band in slopes}
    found += [
        Figure(f"Sen2Cor, vegetation on slopes: median difference of {band}", slopes[band], "")
        for band in COMPARED
    ]
    found += [
        Figure(f"Sen2Cor, vegetation on slopes: share of {band}", 100 * float(share[band]), "%")
        for band in COMPARED
        if band not in FIRM
    ]
    seen = sky(tile(data, step))
    air = seen.estimate.atmosphere
    what = f"real L1C, {seen.pixels} pixels"
    return [
        *found,
        Figure(f"{what}: cloudy", seen.cloudy, "", 0.38, 0.28),
        Figure(f"{what}: aerosol, from the {seen.estimate.aot_from}", air.aot, "", 0.15, 0.03),
        Figure(f"{what}: water, from the {seen.estimate.water_from}", air.water, "g/cm2"),
    ]


def _read(folder: Path, pattern: str) -> NDArray[np.uint16]:
    file = next(iter(sorted(folder.glob(pattern))), None)
    if file is None:
        raise NotEnoughData(f"lacks {pattern}", subject=folder)
    with open_unplaced(file) as dataset:
        return np.asarray(dataset.read())
