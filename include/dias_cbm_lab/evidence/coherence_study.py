"""Accuracy of the coherence engine on a simulated pair whose coherence is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import exp, lgamma, log
from pathlib import Path
from typing import NamedTuple

import numpy as np
import rasterio
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from pyproj import Transformer

from dias_cbm.card.sar.coherence import CoherentBurst, coherent_bursts, grid_of_pair
from dias_cbm.card.sar.coherence_options import CoherenceOptions
from dias_cbm.card.sar.dem import Dem
from dias_cbm.card.sar.geoid import undulation
from dias_cbm.card.sar.pair import SwathPair, pair_of
from dias_cbm.card.sar.safe import opened_safe
from dias_cbm.vertical_datum import VerticalDatum
from dias_cbm_lab.level1 import grd
from dias_cbm_lab.level1.slc_annotation import LINE_INTERVAL, SWATHS, Pass, annotation, displaced
from dias_cbm_lab.level1.slc_pair import Field, Ground
from dias_cbm_lab.level1.slc_products import Annotations, Pair, write_pair

Floats = NDArray[np.float64]

CLASSES = (0.2, 0.4, 0.6, 0.8, 0.95)
#: Metres of a class's square.
_SQUARE = 600.0
_METRES_PER_DEGREE = 111_320.0
#: The stress test: metres between the orbits, lines between the bursts' starts.
BASELINE, LATER = 150.0, 0.43
_DEM_PIXEL = 1 / 5400


class Mean(NamedTuple):
    """Mean coherence estimated in the pixels of a class whose neighbours are all of that class.

    :param expected: by Touzi's formula for the number of looks.
    """

    true: float
    found: float
    expected: float
    pixels: int

    @property
    def error(self) -> float:
        """Estimated minus expected."""
        return self.found - self.expected


def touzi(coherence: float, looks: float) -> float:
    """Expectation of the coherence estimated from a number of independent looks.

    Touzi et al. 1999, IEEE TGRS 37(1), equation 14, its hypergeometric series summed.
    """
    total, k = 0.0, 0
    # Also without coherence the series begins with 1.
    logarithm = log(max(coherence, 1e-100))
    while k < 10_000:
        term = lgamma(1.5 + k) - lgamma(1.5) + 2 * (lgamma(looks + k) - lgamma(looks))
        term -= lgamma(looks + 0.5 + k) - lgamma(looks + 0.5) + 2 * lgamma(k + 1)
        part = exp(term + 2 * k * logarithm + looks * log(1 - coherence**2))
        total += part
        if k > looks and part < 1e-12 * total:
            break
        k += 1
    return exp(lgamma(looks) + lgamma(1.5) - lgamma(looks + 0.5)) * total


def squares(longitude: Floats, latitude: Floats) -> Floats:
    """True coherence: squares of the five classes."""
    across = np.cos(np.radians(50.0)) * _METRES_PER_DEGREE
    column = np.floor(longitude * across / _SQUARE).astype(int)
    row = np.floor(latitude * _METRES_PER_DEGREE / _SQUARE).astype(int)
    return np.array(CLASSES)[(column + 2 * row) % len(CLASSES)]


def hills(longitude: Floats, latitude: Floats) -> Floats:
    """A terrain of hills, 120 m up and down, above the ellipsoid."""
    return 300 + 120 * np.sin(longitude * 150) * np.cos(latitude * 180)


def stress_annotations(
    longitude: float = 9.5,
    latitude: float = 56.2,
    polarisations: tuple[str, ...] = ("VV",),
    *,
    later: float = 0.0,
    azimuth_window: float = 1.0,
) -> tuple[Annotations, Annotations]:
    """Synthetic annotations of a pair six days apart that is hard for an engine.

    :param later: seconds by which the secondary's bursts begin later still, as if the satellites
        were not synchronised.
    :param azimuth_window: coefficient of the Hamming window of the spectra.
    """
    reference = Pass(np.datetime64("2021-04-07T05:30:00"), 37361, longitude, latitude)
    secondary = Pass(
        np.datetime64("2021-04-01T05:30:00"), 26290, longitude, latitude, satellite="S1B"
    )
    swaths = [replace(swath, azimuth_window=azimuth_window) for swath in SWATHS]
    keys = [(swath, polarisation) for swath in swaths for polarisation in polarisations]
    lines = LATER + later / LINE_INTERVAL
    one = {(swath.name, band): annotation(reference, swath, band) for swath, band in keys}
    other = {
        (swath.name, band): displaced(annotation(secondary, swath, band), BASELINE, lines)
        for swath, band in keys
    }
    return one, other


def write_dem(
    path: Path,
    height: Field,
    bounds: tuple[float, float, float, float],
    pixel: float = _DEM_PIXEL,
) -> None:
    """A terrain model above EGM2008, in degrees: west, south, east, north."""
    grd.write_dem(path, height, bounds, pixel, _geoid)


def _geoid(longitude: Floats, latitude: Floats) -> Floats:
    return undulation(longitude, latitude, VerticalDatum.EGM2008)


@dataclass(frozen=True, slots=True)
class Study:
    """A simulated pair and its terrain model."""

    pair: Pair
    dem: Path

    def bursts(self, options: CoherenceOptions) -> Iterator[CoherentBurst]:
        """Every burst's coherence in the geometry of the radar."""
        folder = self.pair.reference.parent
        with (
            opened_safe(self.pair.reference, folder) as one,
            opened_safe(self.pair.secondary, folder) as other,
            Dem(self.dem) as model,
        ):
            pair = pair_of(one, other, (None, None))
            yield from coherent_bursts(pair, model, grid_of_pair(pair), options)

    def in_radar(self, options: CoherenceOptions) -> list[Mean]:
        """Means by class over all bursts, in the geometry of the radar, first polarisation."""
        found: dict[float, list[NDArray[np.float32]]] = {one: [] for one in CLASSES}
        looks = 0.0
        for burst in self.bursts(options):
            looks = looks_of(burst.swath, options)
            image, first = burst.image.image, burst.swath.reference.images[0]
            truth = self.pair.coherence[image.swath, first.polarisation, burst.image.number]
            values = burst.values[0]
            inside = _surrounded(truth, (4, 15)) & (values > 0)
            for one in CLASSES:
                found[one].append(values[inside & np.isclose(truth, one)])
        return [_mean(one, np.concatenate(parts), looks) for one, parts in found.items()]

    def on_map(self, product: Path, looks: float, band: int = 1) -> list[Mean]:
        """Means by class of a geocoded product."""
        with rasterio.open(product / f"{product.name}.tif") as dataset:
            values = dataset.read(band)
            rows, columns = np.mgrid[: dataset.height, : dataset.width]
            x, y = dataset.transform @ (columns + 0.5, rows + 0.5)
            to_degrees = Transformer.from_crs(dataset.crs.to_wkt(), "EPSG:4326", always_xy=True)
        truth = squares(*to_degrees.transform(x, y))
        inside = _surrounded(truth, (4, 4)) & (values > 0)
        return [_mean(one, values[inside & np.isclose(truth, one)], looks) for one in CLASSES]


def looks_of(swath: SwathPair, options: CoherenceOptions) -> float:
    """Independent looks in a window: its pixels times the share of the spectrum that is filled."""
    image = swath.reference.annotation
    azimuth = image.azimuth_bandwidth * image.line_interval
    across = 56.5e6 / image.range_sampling_rate
    return options.window.range * options.window.azimuth * azimuth * across


def stress_study(
    folder: Path,
    polarisations: tuple[str, ...] = ("VV",),
    *,
    later: float = 0.0,
    azimuth_window: float = 1.0,
) -> Study:
    """Simulate the pair of :func:`stress_annotations` over hills and squares."""
    folder.mkdir(parents=True, exist_ok=True)
    dem = folder / "dem.tif"
    write_dem(dem, hills, (10.05, 55.95, 10.45, 56.20))
    grounds = {one: Ground(hills, squares) for one in polarisations}
    annotations = stress_annotations(
        polarisations=polarisations, later=later, azimuth_window=azimuth_window
    )
    return Study(write_pair(folder, *annotations, grounds), dem)


def _surrounded(truth: NDArray, reach: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels whose neighbours, up to a distance, are all of the same class."""
    low = high = truth
    for axis in (0, 1):
        window = 2 * reach[axis] + 1
        low = sliding_window_view(low, window, axis).min(-1)
        high = sliding_window_view(high, window, axis).max(-1)
    same = np.zeros(truth.shape, bool)
    same[reach[0] : -reach[0], reach[1] : -reach[1]] = low == high
    return same


def _mean(true: float, values: NDArray[np.float32], looks: float) -> Mean:
    return Mean(true, float(values.mean(dtype=float)), touzi(true, looks), values.size)
