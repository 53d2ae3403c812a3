"""Aerosol and water vapour estimated from the image, for scenes where neither is known.

Aerosol by dark dense vegetation (Kaufman et al. 1997, IEEE TGRS 35(5)): where the short-wave
infrared is dark, red is half and blue a quarter of it at the surface. Water vapour by the ratio of
B09, which it absorbs, to B8A next to it; both are taken to be equal at the surface.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.optical.tables import Atmosphere, Geometry, Tables

Image = NDArray[np.float32]

#: Used where the image gives no estimate: a clear day in Europe, at sea level. Most aerosol and
#: water vapour is near the ground: above this height, km, only 1/e of both is left.
DEFAULT_AOT, DEFAULT_WATER = 0.15, 2.0
_SCALE_HEIGHT = 2.0

#: Bands that the estimates use.
BANDS = ("B02", "B04", "B8A", "B09", "B12")

_FEWEST_PIXELS, _MOST_PIXELS = 100, 20_000
_DARK = (0.01, 0.12)
_VEGETATION_INDEX = 0.5
_BRIGHT_ENOUGH = 0.15
_OF_SHORT_WAVE = {"B04": 0.5, "B02": 0.25}


@dataclass(frozen=True, slots=True)
class Estimate:
    """An atmosphere and where its values are from.

    :param aot_from: ``settings``, ``image`` or ``default``.
    :param water_from: the same.
    """

    atmosphere: Atmosphere
    aot_from: str
    water_from: str


def estimated(
    tables: Tables,
    geometry: Mapping[str, Geometry],
    bands: Mapping[str, Image],
    clear: NDArray[np.bool_],
    given: Atmosphere,
) -> Estimate:
    """The atmosphere of a scene.

    :param geometry: one direction per band, arrays of shape ().
    :param bands: reflectance at the sensor, all of one shape.
    :param clear: pixels with data and without cloud.
    :param given: what is known; NaN for aerosol or water vapour that is to be estimated.
    """
    aot, water = given.aot, given.water
    aot_from = water_from = "settings"
    thinner = float(np.exp(-max(given.altitude, 0.0) / _SCALE_HEIGHT))
    default_aot, default_water = thinner * DEFAULT_AOT, thinner * DEFAULT_WATER
    atmosphere = replace(given, water=default_water if np.isnan(water) else water)
    if np.isnan(aot):
        found = _aerosol(tables, geometry, bands, clear, atmosphere)
        aot, aot_from = (default_aot, "default") if found is None else (found, "image")
    atmosphere = replace(atmosphere, aot=aot)
    if np.isnan(water):
        found = _water(tables, geometry, bands, clear, atmosphere)
        water_from = "default" if found is None else "image"
        atmosphere = replace(atmosphere, water=default_water if found is None else found)
    return Estimate(atmosphere, aot_from, water_from)


def _aerosol(
    tables: Tables,
    geometry: Mapping[str, Geometry],
    bands: Mapping[str, Image],
    clear: NDArray[np.bool_],
    atmosphere: Atmosphere,
) -> float | None:
    red, infrared, short = bands["B04"], bands["B8A"], bands["B12"]
    with np.errstate(divide="ignore", invalid="ignore"):
        index = (infrared - red) / (infrared + red)
    dark = clear & (short > _DARK[0]) & (short < _DARK[1]) & (index > _VEGETATION_INDEX)
    seen = _sample(bands, dark)
    if seen is None:
        return None
    trials = np.linspace(tables.nodes.aot[0], tables.nodes.aot[-1], 41)
    air = [replace(atmosphere, aot=float(aot)) for aot in trials]
    excess = [
        np.mean(
            [
                np.median(surface[band] - share * surface["B12"])
                for band, share in _OF_SHORT_WAVE.items()
            ]
        )
        for surface in _surfaces(tables, geometry, seen, ("B02", "B04", "B12"), air)
    ]
    return _crossing(trials, np.array(excess))


def _water(
    tables: Tables,
    geometry: Mapping[str, Geometry],
    bands: Mapping[str, Image],
    clear: NDArray[np.bool_],
    atmosphere: Atmosphere,
) -> float | None:
    seen = _sample(bands, clear & (bands["B8A"] > _BRIGHT_ENOUGH))
    if seen is None:
        return None
    trials = np.linspace(tables.nodes.water[1], tables.nodes.water[-1], 61)
    air = [replace(atmosphere, water=float(water)) for water in trials]
    excess = [
        np.median(surface["B8A"] - surface["B09"])
        for surface in _surfaces(tables, geometry, seen, ("B8A", "B09"), air)
    ]
    return _crossing(trials, np.array(excess))


def _surfaces(
    tables: Tables,
    geometry: Mapping[str, Geometry],
    seen: Mapping[str, NDArray[np.float64]],
    bands: Sequence[str],
    trials: Iterable[Atmosphere],
) -> Iterator[dict[str, NDArray[np.float64]]]:
    """Surface reflectance of the pixels under each of several atmospheres, by band."""
    for trial in trials:
        yield {
            band: tables.correction(band, geometry[band], trial).surface(seen[band])
            for band in bands
        }


def _sample(
    bands: Mapping[str, Image], where: NDArray[np.bool_]
) -> dict[str, NDArray[np.float64]] | None:
    """An even sample of the wanted pixels; None if there are too few for an estimate."""
    chosen = np.flatnonzero(where)
    if len(chosen) < _FEWEST_PIXELS:
        return None
    chosen = chosen[:: -(-len(chosen) // _MOST_PIXELS)]
    return {band: bands[band].ravel()[chosen].astype(np.float64) for band in BANDS}


def _crossing(trials: NDArray[np.float64], excess: NDArray[np.float64]) -> float | None:
    """Where a falling series passes zero; its start if it begins below; None if it never does."""
    below = np.flatnonzero(excess <= 0)
    if len(below) == 0:
        return None
    last = below[0]
    if last == 0:
        return float(trials[0])
    share = excess[last - 1] / (excess[last - 1] - excess[last])
    return float(trials[last - 1] + share * (trials[last] - trials[last - 1]))
