"""Evidence for the engines: checks whose figures ``cbm evidence`` prints.

``cbm evidence geometry`` and ``cbm evidence backscatter`` read real annotation, calibration
and terrain models below a folder; ``cbm evidence points`` needs nothing.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer

from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT, Annotation, GroundRanges, read_annotation
from dias_cbm.card.sar.backscatter import make_backscatter
from dias_cbm.card.sar.dem import Dem
from dias_cbm.card.sar.geometry import (
    detected_coordinates,
    ground_range,
    to_earth_fixed,
    zero_doppler,
)
from dias_cbm.card.sar.luts import read_calibration, read_noise
from dias_cbm.card.sar.orbit import orbit_of
from dias_cbm.errors import NotEnoughData
from dias_cbm.products.open import open_product
from dias_cbm.products.provenance import MadeProduct
from dias_cbm.vertical_datum import VerticalDatum
from dias_cbm_lab.evidence.figure import Figure
from dias_cbm_lab.level1.flight import FittedFlight
from dias_cbm_lab.level1.grd import (
    LOOKS,
    Points,
    amplitudes,
    imaging_of,
    not_georeferenced,
    write_dem,
    write_grd,
)
from dias_cbm_lab.level1.imaging import Conversion, Imaging, Terrain, seen_at
from dias_cbm_lab.level1.simulated_scene import SimulatedScene

Floats = NDArray[np.float64]

CLASSES, LOWEST_DB, PARCEL_M, RIM_M = 16, -20, 200, 30
_TOP, _ACROSS = 120.0, 80.0


def geometry(folder: Path) -> list[Figure]:
    """Compare our range-Doppler geometry with ESA's geolocation grids.

    :param folder: searched for SAFE folders.
    :raises NotEnoughData: it holds none.
    """
    figures = []
    for path in sorted(folder.rglob("*.SAFE/annotation/*.xml")):
        annotation = read_annotation(path)
        grid = annotation.grid
        points = to_earth_fixed(grid.longitude, grid.latitude, grid.height)
        times, ranges = zero_doppler(orbit_of(annotation), points)
        lines = (times - grid.azimuth_time) / annotation.line_interval
        away = ranges - grid.slant_range_time * SPEED_OF_LIGHT / 2
        name = f"{annotation.mission} {annotation.path.stem[4:]}"
        figures.append(Figure(f"{name}: azimuth", _largest(lines), "line", 0.02))
        figures.append(Figure(f"{name}: slant range", _largest(away) * 1000, "mm", 5.0))
        if annotation.ground_ranges is not None:
            figures += _samples(name, annotation, times, ranges)
    if not figures:
        raise NotEnoughData("holds no SAFE folder with annotation", subject=folder)
    return figures


def _samples(name: str, annotation: Annotation, times: Floats, ranges: Floats) -> list[Figure]:
    """Compare the samples of a GRD. ESA's grid uses the polynomial nearest in time, so we do here.

    The image itself cannot jump from one polynomial to the next, by up to 20 samples, and is
    geocoded with their blend; a second figure gives the difference at these points.
    """
    conversion = annotation.ground_ranges
    if conversion is None:
        return []
    nearest = np.abs(times[:, None] - conversion.times).argmin(axis=1)
    samples = np.empty(len(times))
    for index in np.unique(nearest):
        one = GroundRanges(
            conversion.times[[index]], conversion.origins[[index]], conversion.coefficients[[index]]
        )
        which = nearest == index
        samples[which] = ground_range(one, times[which], ranges[which]) / annotation.range_spacing
    _, blended = detected_coordinates(annotation, times, ranges)
    wanted = annotation.grid.sample
    return [
        Figure(f"{name}: sample, nearest polynomial", _largest(samples - wanted), "sample", 0.6),
        Figure(f"{name}: sample, blended polynomials", _largest(blended - wanted), "sample"),
    ]


def backscatter(folder: Path, work: Path) -> list[Figure]:
    """CARD-BS of a simulated image on real annotation, tables and terrain, with known gamma0.

    :param folder: holds a GRD's SAFE folder with calibration, and ``dem/`` with a model within it.
    :param work: folder for the simulated product and its CARD; its content is replaced.
    """
    source = next((p.parents[2] for p in sorted(folder.rglob("calibration-*-grd-vv-*.xml"))), None)
    dem = next(iter(sorted(folder.rglob("dem/*30m*.tif"))), None)
    if source is None or dem is None:
        raise NotEnoughData("holds no GRD with calibration, or no dem/*30m*.tif", subject=folder)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    source = source.parent if source.name == "annotation" else source
    with rasterio.open(dem) as dataset:
        west, south, east, north = dataset.bounds
        rim = 0.004
        area = (west + rim, south + rim, east - rim, north - rim)
    safe = _on_real_annotation(source, dem, work)
    made, again = (
        make_backscatter(
            safe,
            dem=dem,
            orbit=None,
            target=work / str(tile),
            datum=VerticalDatum.EGM96,
            area=area,
            tile=tile,
        )
        for tile in (1024, 333)
    )
    difference = np.abs(_pixels(made)[1] - _pixels(again)[1])
    return [
        *_radiometry(made),
        Figure(
            "blocks of 333 pixels instead of 1024: difference", float(difference.max()), "", 0.0
        ),
    ]


def points(work: Path, ascending: bool = False) -> list[Figure]:
    """Geocode bright points of a simulated image over hills, and compare their places.

    The image is made by formulas that share nothing with the engine: a circular orbit over the
    rotating Earth, closest approach by bisection, PROJ's ellipsoid.
    """
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    start = datetime(2018, 8, 21, 5, 23, 45, tzinfo=UTC)
    scene = SimulatedScene(9.5, 56.0, start, 900, 1000, ascending=ascending)
    steps = np.linspace(-1, 1, 5)
    longitude = (9.5 + 0.06 * steps[:, None] + 0 * steps).ravel()
    latitude = (56.0 + 0.03 * steps + 0 * steps[:, None]).ravel()
    places = np.stack([longitude, latitude, hills(longitude, latitude)], axis=1)

    def dark(lon: Floats, lat: Floats) -> Floats:
        return np.full(np.shape(lon), 0.01)

    safe = write_grd(
        scene,
        work,
        {"VV": dark, "VH": dark},
        terrain=hills,
        points=Points(places, 20.0),
        looks=None,
    )
    corners = imaging_of(scene).ground(np.array([0.0, 899.0]), np.array([0.0, 999.0]))
    bounds = (corners[0].min(), corners[1].min(), corners[0].max(), corners[1].max())
    rim = np.array([-0.02, -0.02, 0.02, 0.02])
    dem = write_dem(work / "dem.tif", hills, tuple(np.add(bounds, rim)))
    made = make_backscatter(
        safe, dem=dem, orbit=None, target=work / "made", datum=VerticalDatum.ELLIPSOID
    )
    crs, values, (x, y) = _pixels(made)
    east, north = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(
        longitude, latitude
    )
    away = []
    for at, up in zip(east, north, strict=True):
        near = np.hypot(x - at, y - up) < 80
        weight = np.clip(values[near] - 0.05, 0, None)
        if weight.sum() > 0:
            centre = np.array([x[near] @ weight, y[near] @ weight]) / weight.sum()
            away.append(float(np.hypot(*(centre - (at, up)))))
    passing = "ascending" if ascending else "descending"
    return [
        Figure(f"{len(away)} bright points, {passing}: mean distance", float(np.mean(away)), "m"),
        Figure(f"{len(away)} bright points, {passing}: largest distance", max(away), "m", 1.5),
    ]


def hills(longitude: Floats, latitude: Floats) -> Floats:
    """Smooth terrain of 40 to 200 m, with slopes of up to 4 degrees."""
    across = np.sin(np.radians(longitude) * 3000) * np.cos(np.radians(latitude) * 4000)
    return _TOP + _ACROSS * across


def _on_real_annotation(source: Path, dem: Path, work: Path) -> Path:
    """A SAFE folder of real XML files, with a simulated image of parcels on the terrain model."""
    root = work / source.name
    (root / "annotation" / "calibration").mkdir(parents=True)
    (root / "measurement").mkdir()
    shutil.copy(source / "manifest.safe", root)
    (annotation,) = (source / "annotation").glob("*-grd-vv-*.xml")
    real = read_annotation(annotation)
    tables = source / "annotation" / "calibration"
    image = root / "measurement" / f"{annotation.stem}.tiff"
    calibration, noise = (tables / f"{one}-{annotation.name}" for one in ("calibration", "noise"))
    _write_parcels(image, real, dem, calibration, noise)
    # Only one polarisation is available; it is used for both.
    for polarisation in ("vv", "vh"):
        for file in (annotation, calibration, noise):
            text = file.read_text().replace(
                "<polarisation>VV<", f"<polarisation>{polarisation.upper()}<"
            )
            folder = root / file.parent.relative_to(source)
            (folder / file.name.replace("-vv-", f"-{polarisation}-")).write_text(text)
    image.with_name(image.name.replace("-vv-", "-vh-")).hardlink_to(image)
    return root


def _write_parcels(path: Path, real: Annotation, dem: Path, calibration: Path, noise: Path) -> None:
    imaging = _real_imaging(real)
    crs = _utm(real)
    with Dem(dem, VerticalDatum.EGM96) as model, rasterio.open(dem) as dataset:
        west, south, east, north = dataset.bounds
        middle = float(
            model.heights(np.array([(west + east) / 2]), np.array([(south + north) / 2]))[0]
        )
        corners = [(lon, lat, middle) for lon in (west, east) for lat in (south, north)]
        seen = np.array(seen_at(imaging, np.array(corners)))
        first, last = np.floor(seen.min(axis=0)).astype(int), np.ceil(seen.max(axis=0)).astype(int)
        lines, samples = np.arange(first[0], last[0] + 1), np.arange(first[1], last[1] + 1)
        terrain: Terrain = _filled(model, middle)
        longitude, latitude, _ = imaging.ground(
            lines.astype(float), samples.astype(float), terrain, step=2
        )
    power = parcels(
        *Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(longitude, latitude)
    )
    window = (int(first[0]), int(first[1]), len(lines), len(samples))
    gamma = read_calibration(calibration).block(*window).astype(float)
    thermal = read_noise(noise).block(*window).astype(float)
    numbers = amplitudes(power, gamma, thermal, LOOKS, np.random.default_rng(1))
    with (
        not_georeferenced(),
        rasterio.open(
            path,
            "w",
            driver="GTiff",
            height=real.lines,
            width=real.samples,
            count=1,
            dtype="uint16",
            tiled=True,
            compress="deflate",
            sparse_ok=True,
        ) as dataset,
    ):
        at = rasterio.windows.Window(window[1], window[0], window[3], window[2])
        dataset.write(numbers, 1, window=at)


def _filled(model: Dem, height: float) -> Terrain:
    """A terrain model that continues beyond its edges."""

    def terrain(longitude: Floats, latitude: Floats) -> Floats:
        heights = model.heights(longitude, latitude)
        return np.where(np.isnan(heights), height, heights)

    return terrain


def _real_imaging(real: Annotation) -> Imaging:
    vectors, conversion = real.state_vectors, real.ground_ranges
    if conversion is None:
        raise NotEnoughData("is not of a GRD", subject=real.path)
    middle = (real.first_line_time + real.last_line_time) / 2
    return Imaging(
        FittedFlight.through(vectors.times, vectors.positions, middle),
        real.first_line_time,
        real.line_interval,
        real.lines,
        real.samples,
        real.range_spacing,
        Conversion(conversion.times, float(conversion.origins[0]), conversion.coefficients),
    )


def _utm(real: Annotation) -> str:
    zone = int((real.grid.longitude.min() + real.grid.longitude.max()) / 2 + 180) // 6 + 1
    return f"EPSG:{(32600 if real.grid.latitude.mean() > 0 else 32700) + zone}"


def classes(x: Floats, y: Floats) -> NDArray[np.int64]:
    """The class of each place; parcels are squares of 200 m on the map."""
    return ((np.floor(x / PARCEL_M) * 7 + np.floor(y / PARCEL_M) * 13) % CLASSES).astype(np.int64)


def parcels(x: Floats, y: Floats) -> Floats:
    """gamma0 of the parcels, linear: from -20 dB, 1 dB more each class."""
    return np.asarray(10 ** ((LOWEST_DB + classes(x, y)) / 10), float)


def _pixels(made: MadeProduct) -> tuple[str, Floats, tuple[Floats, Floats]]:
    """CRS, the VV band, and the coordinates of the pixel centres."""
    band = open_product(made.path).bands["VV"]
    with rasterio.open(band.path) as dataset:
        values = dataset.read(band.index).astype(float)
        rows, columns = np.indices(values.shape) + 0.5
        x = dataset.transform.c + columns * dataset.transform.a
        y = dataset.transform.f + rows * dataset.transform.e
        return dataset.crs.to_string(), values, (x, y)


def _radiometry(made: MadeProduct) -> list[Figure]:
    _, values, (x, y) = _pixels(made)
    half = PARCEL_M / 2 - RIM_M
    inside = (np.abs(x % PARCEL_M - PARCEL_M / 2) < half) & (values != 0)
    inside &= np.abs(y % PARCEL_M - PARCEL_M / 2) < half
    which = classes(x, y)
    errors = []
    for one in range(CLASSES):
        mean = values[inside & (which == one)].mean()
        errors.append(10 * np.log10(mean) - (LOWEST_DB + one))
    parcel = np.floor(x / PARCEL_M) * 1e6 + np.floor(y / PARCEL_M)
    _, index, counts = np.unique(parcel[inside], return_inverse=True, return_counts=True)
    whole = counts == counts.max()
    means = np.bincount(index, values[inside])[whole] / counts[whole]
    truth = np.bincount(index, parcels(x, y)[inside])[whole] / counts[whole]
    off = 10 * np.log10(means / truth)
    return [
        Figure(
            f"{CLASSES} classes: largest error of a mean", _largest(np.array(errors)), "dB", 0.1
        ),
        Figure(f"{len(off)} parcels: bias", float(off.mean()), "dB"),
        Figure(
            f"{len(off)} parcels: 95th percentile of the error",
            float(np.percentile(np.abs(off), 95)),
            "dB",
            0.4,
        ),
    ]


def _largest(values: Floats) -> float:
    return float(np.abs(values).max())
