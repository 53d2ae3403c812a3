"""CARD-2A made here: surface reflectance of Sentinel-2 L1C, as a SAFE folder of L2A.

A fallback for places without Sen2Cor, and not its equal: the ground is taken as flat, level and
Lambertian, aerosol and water vapour as the same over the tile, and it only has the scene classes
of :mod:`dias_cbm.card.optical.classes`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from math import lcm
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window

from dias_cbm import __version__
from dias_cbm.card.optical import clouds, estimate
from dias_cbm.card.optical.altitude import Altitude, altitude_of
from dias_cbm.card.optical.classes import Scl, mark, scene_classes, sky_classes
from dias_cbm.card.optical.estimate import Estimate
from dias_cbm.card.optical.l1c import Level1C, opened_l1c
from dias_cbm.card.optical.l2a import NOTE, TILE, SafeWriter, product_name, stored
from dias_cbm.card.optical.sensed import Sensed, read, read_numbers, require, tile_shape
from dias_cbm.card.optical.spread import Spread
from dias_cbm.card.optical.tables import Atmosphere, Geometry, tables
from dias_cbm.card.step_times import StepTimes
from dias_cbm.card.workers import Workers
from dias_cbm.config.settings import settings
from dias_cbm.errors import InconsistentProduct
from dias_cbm.products.atomic_folder import disk_errors, whole_folder
from dias_cbm.products.model import Grid
from dias_cbm.products.provenance import MadeProduct, Progress
from dias_cbm.scenes import Kind
from dias_cbm.vertical_datum import VerticalDatum

#: Bands that the product has, by their pixel.
FINE = ("B02", "B03", "B04", "B08")
COARSE = ("B05", "B06", "B07", "B8A", "B11", "B12")

#: Longest side of what is corrected at once, in pixels: 2,560 for the tiles of 640 pixels that
#: images of 20 m have, of which each is then decoded once. Rows of 20 m classified at once.
_LARGEST, _STRIP = 2560, 512
#: Bytes of GDAL's cache: enough to read a coarse image twice, and hardly more than one tile.
_OVERVIEW_CACHE, _BLOCK_CACHE = 128 << 20, 4 << 20

#: Share of the work that is done when the whole tile has been seen coarsely.
_READ = 0.65

_CLOUDY = (Scl.CLOUD_MEDIUM, Scl.CLOUD_HIGH, Scl.CIRRUS)


def make_surface_reflectance(
    source: Path,
    *,
    target: Path,
    progress: Progress | None = None,
    atmosphere: Atmosphere | None = None,
    dem: Path | None = None,
    datum: VerticalDatum = VerticalDatum.EGM2008,
    threads: int = 1,
    times: StepTimes | None = None,
) -> MadeProduct:
    """Make an L2A product from an L1C product.

    It works in parts, in less than 1 GB.

    :param source: SAFE folder or zip.
    :param target: folder in which the product is put when it is complete.
    :param atmosphere: of this scene, NaN for values to estimate from the image; by default the
        settings ``atmosphere.*``.
    :param dem: elevation model, a raster or a folder of them, from which the altitude is taken
        where it covers the tile; that of ``atmosphere`` otherwise.
    :param datum: what its heights are above.
    :param threads: that share the work; the result does not depend on them.
    :param times: where the CPU time of each step is counted.
    :raises CorruptProduct: a file is missing or cannot be read.
    :raises InconsistentProduct: the files contradict each other.
    :raises CardFailed: the scene is outside the tables, the product exists already, the disk is
        full, or a package is missing.
    """
    report = progress or (lambda _: None)
    with (
        opened_l1c(source, target) as opened,
        _scratch(target) as scratch,
        Workers(threads, times) as workers,
    ):
        corrected = sorted({*FINE, *COARSE, *estimate.BANDS})
        product = require(opened, sorted({*corrected, *clouds.BANDS}), corrected)
        with rasterio.Env(GDAL_NUM_THREADS="1", GDAL_CACHEMAX=_OVERVIEW_CACHE):
            overview = _overview(product, scratch, workers, report)
        with workers.times.step("atmosphere"):
            given = atmosphere or _of_settings()
            altitude = altitude_of(
                product.grids["B01"], overview.valid, dem, datum, 1000 * given.altitude
            )
            given = replace(given, altitude=altitude.metres / 1000)
            found = _atmosphere(product, overview, given)
        name = product_name(product)
        made = _provenance(product, found, altitude)
        sky = overview.sky
        del overview
        with whole_folder(target / f"{name}.SAFE") as work:
            writer = SafeWriter(work, name, product)
            with rasterio.Env(GDAL_NUM_THREADS="1", GDAL_CACHEMAX=_BLOCK_CACHE):
                cloudy = _correct(product, sky, found.atmosphere, scratch, writer, report, workers)
            writer.finish(made, cloudy)
    report(1.0)
    return MadeProduct(target / f"{name}.SAFE", Kind.S2_L2A, made)


@contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """A folder for decoded images, removed in the end."""
    with disk_errors(target):
        target.mkdir(parents=True, exist_ok=True)
        folder = TemporaryDirectory(prefix=".decoded.", dir=target)
    with folder as path:
        yield Path(path)


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


def _overview(product: Level1C, scratch: Path, workers: Workers, report: Progress) -> _Overview:
    grid = product.grids["B01"]
    shape = grid.height, grid.width

    def sensed(band: str) -> Sensed:
        keep = scratch / band if band in (*FINE, *COARSE) else None
        with workers.times.step("read"):
            return read(product, band, shape, keep)

    # Images of 10 m first, which take the longest.
    names = sorted({*clouds.BANDS, *estimate.BANDS}, key=lambda band: (band not in FINE, band))
    found = {}
    for name, one in zip(names, workers.map(sensed, names), strict=True):
        found[name] = one
        report(_READ * len(found) / len(names))
    valid = np.logical_and.reduce([one.valid for one in found.values()])
    bands = {band: one.reflectance for band, one in found.items()}
    probability = clouds.cloud_probability(bands, valid, workers)
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
    sky: NDArray[np.uint8],
    atmosphere: Atmosphere,
    scratch: Path,
    writer: SafeWriter,
    report: Progress,
    workers: Workers,
) -> float:
    """Correct the tile band by band, in parts, and classify it.

    :param sky: classes of clouds in pixels of 60 m.
    :param scratch: folder with the images that are decoded already, by band.
    :returns: percentage of the pixels with data that are cloudy.
    """
    fine, coarse = _grid(product, FINE), _grid(product, COARSE)
    if (fine.height, fine.width) != (2 * coarse.height, 2 * coarse.width):
        raise InconsistentProduct("has 20 m pixels that are not four of 10 m", subject=product.name)
    bands = (*FINE, *COARSE)
    spreads = {
        band: Spread.of(
            tables().correction(band, product.angles.geometry(band), atmosphere),
            product.angles.step,
            product.grids[band],
            product.offsets.get(band, 0.0),
            product.quantification,
        )
        for band in bands
    }
    tile = _Tile.of(product, sky, spreads, scratch, writer, coarse, workers.times)
    tasks = [(band, window) for band in bands for window in _windows(product, band)]
    strips = range(0, coarse.height, _STRIP)
    outputs = {band: ("uint16", product.grids[band]) for band in bands}
    whole = sum(product.grids[band].height * product.grids[band].width for band in bands)
    cloudy = seen = pixels = 0
    with writer.images(outputs | {"SCL": ("uint8", coarse)}):
        for done in workers.map(lambda task: tile.correct(*task), tasks):
            pixels += done
            report(_READ + (0.99 - _READ) * pixels / whole)
        for classes in workers.map(tile.classify, strips):
            cloudy += int(np.isin(classes, _CLOUDY).sum())
            seen += int((classes != Scl.NO_DATA).sum())
    return 100 * cloudy / max(seen, 1)


def _windows(product: Level1C, band: str) -> list[Window]:
    """Parts of an image, row by row: whole tiles of it and of the image that is written."""
    grid = product.grids[band]
    height, width = (
        size if (size := lcm(side, TILE)) <= _LARGEST else _LARGEST
        for side in tile_shape(product, band)
    )
    return [
        Window(column, row, min(width, grid.width - column), min(height, grid.height - row))
        for row in range(0, grid.height, height)
        for column in range(0, grid.width, width)
    ]


@dataclass(frozen=True, slots=True)
class _Tile:
    """The whole tile in pixels of 20 m, and what its correction needs.

    :param sky: classes of clouds in pixels of 60 m.
    :param coarse: the grid of 20 m.
    :param valid: pixels with data in all bands; ``saturated`` those at the scale's end in one.
    :param kept: surface reflectance of the two bands that tell vegetation.
    """

    product: Level1C
    sky: NDArray[np.uint8]
    spreads: Mapping[str, Spread]
    scratch: Path
    writer: SafeWriter
    coarse: Grid
    times: StepTimes
    valid: NDArray[np.bool_]
    saturated: NDArray[np.bool_]
    kept: Mapping[str, NDArray[np.float32]]

    @classmethod
    def of(
        cls,
        product: Level1C,
        sky: NDArray[np.uint8],
        spreads: Mapping[str, Spread],
        scratch: Path,
        writer: SafeWriter,
        coarse: Grid,
        times: StepTimes,
    ) -> _Tile:
        """Before any band has been corrected."""
        shape = coarse.height, coarse.width
        kept = {band: np.empty(shape, np.float32) for band in ("B04", "B8A")}
        masks = np.ones(shape, bool), np.zeros(shape, bool)
        return cls(product, sky, spreads, scratch, writer, coarse, times, *masks, kept)

    def correct(self, band: str, window: Window) -> int:
        """Correct and write a part of a band; returns the number of its pixels."""
        row, column = window.row_off, window.col_off
        factor = 2 if band in FINE else 1
        here = np.s_[
            row // factor : (row + window.height) // factor,
            column // factor : (column + window.width) // factor,
        ]
        with self.times.step("read"):
            numbers = read_numbers(self.product, band, window, self.scratch / band)
        with self.times.step("correct"):
            surface = self.spreads[band].surface(numbers, row, column)
            made = stored(surface, numbers)
            mark(numbers, factor, self.valid[here], self.saturated[here])
            if band in self.kept:
                self.kept[band][here] = _blocks(surface, factor).mean(axis=(1, 3))
        with self.times.step("write"):
            self.writer.write(band, made, row, column)
        return int(numbers.size)

    def classify(self, row: int) -> NDArray[np.uint8]:
        """Classify and write a strip, once all bands are corrected; returns its classes."""
        here = slice(row, row + _STRIP)
        with self.times.step("correct"):
            classes = scene_classes(
                self._sky(here),
                self.kept["B04"][here],
                self.kept["B8A"][here],
                self.valid[here],
                self.saturated[here],
            )
        with self.times.step("write"):
            self.writer.write("SCL", classes, row, 0)
        return classes

    def _sky(self, rows: slice) -> NDArray[np.uint8]:
        """The nearest pixel of 60 m for rows of 20 m."""
        down = np.arange(*rows.indices(self.coarse.height)) * len(self.sky) // self.coarse.height
        across = np.arange(self.coarse.width) * self.sky.shape[1] // self.coarse.width
        return np.asarray(self.sky[np.ix_(down, across)])


def _blocks(image: NDArray, factor: int) -> NDArray:
    """An image as rows x factor x columns x factor."""
    height, width = image.shape
    return image.reshape(height // factor, factor, width // factor, factor)


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
