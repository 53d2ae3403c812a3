"""CARD-2A made here: surface reflectance of Sentinel-2 L1C, as a SAFE folder of L2A.

A fallback for places without Sen2Cor, and not its equal: the ground is taken as flat, level and
Lambertian, aerosol and water vapour as the same over the tile, and it only has the scene classes
of :mod:`dias_cbm.card.optical.classes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from dias_cbm import __version__
from dias_cbm.card.optical import clouds, estimate
from dias_cbm.card.optical.altitude import Altitude, altitude_of
from dias_cbm.card.optical.classes import Scl, scene_classes, sky_classes
from dias_cbm.card.optical.estimate import Estimate
from dias_cbm.card.optical.l1c import Level1C, opened_l1c
from dias_cbm.card.optical.l2a import NOTE, SafeWriter, product_name, stored
from dias_cbm.card.optical.sensed import read, require
from dias_cbm.card.optical.spread import Spread
from dias_cbm.card.optical.tables import Atmosphere, Geometry, tables
from dias_cbm.config.settings import settings
from dias_cbm.errors import InconsistentProduct
from dias_cbm.products.atomic_folder import whole_folder
from dias_cbm.products.model import Grid
from dias_cbm.products.provenance import MadeProduct, Progress
from dias_cbm.scenes import Kind
from dias_cbm.vertical_datum import VerticalDatum

#: Bands that the product has, by their pixel.
FINE = ("B02", "B03", "B04", "B08")
COARSE = ("B05", "B06", "B07", "B8A", "B11", "B12")

#: Rows of 20 m corrected at a time.
_ROWS = 512

_CLOUDY = (Scl.CLOUD_MEDIUM, Scl.CLOUD_HIGH, Scl.CIRRUS)


def make_surface_reflectance(
    source: Path,
    *,
    target: Path,
    progress: Progress | None = None,
    atmosphere: Atmosphere | None = None,
    dem: Path | None = None,
    datum: VerticalDatum = VerticalDatum.EGM2008,
) -> MadeProduct:
    """Make an L2A product from an L1C product.

    :param source: SAFE folder or zip.
    :param target: folder in which the product is put when it is complete.
    :param atmosphere: of this scene, NaN for values to estimate from the image; by default the
        settings ``atmosphere.*``.
    :param dem: elevation model, a raster or a folder of them, from which the altitude is taken
        where it covers the tile; that of ``atmosphere`` otherwise.
    :param datum: what its heights are above.
    :raises CorruptProduct: a file is missing or cannot be read.
    :raises InconsistentProduct: the files contradict each other.
    :raises CardFailed: the scene is outside the tables, the product exists already, the disk is
        full, or a package is missing.
    """
    report = progress or (lambda _: None)
    with opened_l1c(source, target) as opened:
        corrected = sorted({*FINE, *COARSE, *estimate.BANDS})
        product = require(opened, sorted({*corrected, *clouds.BANDS}), corrected)
        overview = _overview(product)
        report(0.15)
        given = atmosphere or _of_settings()
        altitude = altitude_of(
            product.grids["B01"], overview.valid, dem, datum, 1000 * given.altitude
        )
        given = replace(given, altitude=altitude.metres / 1000)
        found = _atmosphere(product, overview, given)
        name = product_name(product)
        made = _provenance(product, found, altitude)
        with whole_folder(target / f"{name}.SAFE") as work:
            writer = SafeWriter(work, name, product)
            cloudy = _correct(product, overview, found.atmosphere, writer, report)
            writer.finish(made, cloudy)
    report(1.0)
    return MadeProduct(target / f"{name}.SAFE", Kind.S2_L2A, made)


@dataclass(frozen=True, slots=True)
class _Overview:
    """The whole tile in pixels of 60 m.

    :param bands: reflectance at the sensor.
    :param valid: with data in all of them.
    :param sky: classes of clouds.
    """

    bands: Mapping[str, NDArray[np.float32]]
    valid: NDArray[np.bool_]
    sky: NDArray[np.uint8]


def _overview(product: Level1C) -> _Overview:
    grid = product.grids["B01"]
    shape = grid.height, grid.width
    sensed = {
        band: read(product, band, shape=shape) for band in sorted({*clouds.BANDS, *estimate.BANDS})
    }
    valid = np.logical_and.reduce([one.valid for one in sensed.values()])
    bands = {band: one.reflectance for band, one in sensed.items()}
    probability = clouds.cloud_probability(bands, valid)
    return _Overview(bands, valid, sky_classes(probability, bands["B10"]))


def _of_settings() -> Atmosphere:
    air = settings().atmosphere
    return Atmosphere(
        np.nan if air.aot is None else air.aot,
        np.nan if air.water_cm is None else air.water_cm,
        air.ozone_cm,
        air.altitude_m / 1000,
    )


def _atmosphere(product: Level1C, overview: _Overview, given: Atmosphere) -> Estimate:
    geometry = {band: _mean(product.angles.geometry(band)) for band in estimate.BANDS}
    clear = overview.valid & ~np.isin(overview.sky, _CLOUDY)
    return estimate.estimated(tables(), geometry, overview.bands, clear, given)


def _mean(geometry: Geometry) -> Geometry:
    """The mean direction. Of the azimuth only the cosine matters."""
    cosine = np.cos(np.radians(geometry.relative_azimuth)).mean()
    return Geometry(
        geometry.sun_zenith.mean(),
        geometry.view_zenith.mean(),
        np.degrees(np.arccos(np.clip(cosine, -1, 1))),
    )


def _correct(
    product: Level1C,
    overview: _Overview,
    atmosphere: Atmosphere,
    writer: SafeWriter,
    report: Progress,
) -> float:
    """Correct and classify the tile from north to south.

    :returns: percentage of the pixels with data that are cloudy.
    """
    fine, coarse = _grid(product, FINE), _grid(product, COARSE)
    if (fine.height, fine.width) != (2 * coarse.height, 2 * coarse.width):
        raise InconsistentProduct("has 20 m pixels that are not four of 10 m", subject=product.name)
    spreads = {
        band: Spread.of(
            tables().correction(band, product.angles.geometry(band), atmosphere),
            product.angles.step,
            product.grids[band],
        )
        for band in (*FINE, *COARSE)
    }
    outputs = {band: ("uint16", product.grids[band]) for band in (*FINE, *COARSE)}
    cloudy = seen = 0
    with writer.images(outputs | {"SCL": ("uint8", coarse)}):
        for row in range(0, coarse.height, _ROWS):
            rows = min(_ROWS, coarse.height - row)
            classes = _strip(product, overview, spreads, writer, coarse, row, rows)
            cloudy += int(np.isin(classes, _CLOUDY).sum())
            seen += int((classes != Scl.NO_DATA).sum())
            report(0.15 + 0.8 * (row + rows) / coarse.height)
    return 100 * cloudy / max(seen, 1)


def _strip(
    product: Level1C,
    overview: _Overview,
    spreads: Mapping[str, Spread],
    writer: SafeWriter,
    coarse: Grid,
    row: int,
    rows: int,
) -> NDArray[np.uint8]:
    """Correct and write a strip of 20 m rows; returns their classes."""
    valid = np.ones((rows, coarse.width), bool)
    saturated = np.zeros_like(valid)
    kept = {}
    for band, factor in [*((band, 2) for band in FINE), *((band, 1) for band in COARSE)]:
        window = Window(0, row * factor, coarse.width * factor, rows * factor)
        pixels = read(product, band, window=window)
        surface = spreads[band].surface(pixels.reflectance, row * factor)
        writer.write(band, stored(surface, pixels.valid, pixels.saturated), row * factor)
        valid &= _blocks(pixels.valid, factor).all(axis=(1, 3))
        saturated |= _blocks(pixels.saturated, factor).any(axis=(1, 3))
        if band in ("B04", "B8A"):
            kept[band] = _blocks(surface, factor).mean(axis=(1, 3))
    sky = _sky_rows(overview.sky, coarse, row, rows)
    classes = scene_classes(sky, kept["B04"], kept["B8A"], valid, saturated)
    writer.write("SCL", classes, row)
    return classes


def _blocks(image: NDArray, factor: int) -> NDArray:
    """An image as rows x factor x columns x factor."""
    height, width = image.shape
    return image.reshape(height // factor, factor, width // factor, factor)


def _sky_rows(sky: NDArray[np.uint8], coarse: Grid, row: int, rows: int) -> NDArray[np.uint8]:
    """The nearest pixel of 60 m for pixels of 20 m."""
    down = (np.arange(row, row + rows) * len(sky)) // coarse.height
    across = (np.arange(coarse.width) * sky.shape[1]) // coarse.width
    return np.asarray(sky[np.ix_(down, across)])


def _grid(product: Level1C, bands: tuple[str, ...]) -> Grid:
    grids = [product.grids[band] for band in bands]
    if any(grid != grids[0] for grid in grids):
        raise InconsistentProduct(
            f"has {', '.join(bands)} on different grids", subject=product.name
        )
    return grids[0]


def _provenance(product: Level1C, found: Estimate, altitude: Altitude) -> dict[str, object]:
    return {
        "engine": "embedded",
        "version": __version__,
        "note": NOTE,
        "source": product.name,
        "source_baseline": product.baseline,
        "radiometric_offset": max(product.offsets.values(), key=abs, default=0.0),
        "model": "6SV2.1",
        "spectral_response": "S2A",
        "aerosol_model": tables().aerosol,
        "aot": round(found.atmosphere.aot, 4),
        "aot_from": found.aot_from,
        "water_vapour_cm": round(found.atmosphere.water, 3),
        "water_vapour_from": found.water_from,
        "ozone_cm": found.atmosphere.ozone,
        "altitude_m": round(altitude.metres, 1),
        "altitude_from": altitude.origin,
        "view_angles_replaced": dict(product.angles.replaced) or None,
        "cloud_model": f"s2cloudless {version('s2cloudless')}",
    }
