"""A simulated GRD product: SAFE folder with annotation, tables and images of known gamma0."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import from_origin

from dias_cbm_lab.level1 import documents
from dias_cbm_lab.level1.flight import CircularFlight, flight_over
from dias_cbm_lab.level1.imaging import Imaging, Terrain, conversion_of, sea_level, seen_at
from dias_cbm_lab.level1.simulated_scene import LINE_INTERVAL_S, SimulatedScene
from dias_cbm_lab.level1.tables import SimulatedTables, simulated_tables

Floats = NDArray[np.float64]

#: gamma0 in linear power, of longitudes and latitudes in degrees.
Backscatter = Callable[[Floats, Floats], Floats]

LOOKS = 4.4
_SPACING_M = 10.0
_ROWS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Points:
    """Bright points in an image.

    :param places: (n, 3) longitude, latitude, height above the ellipsoid.
    :param power: what they add to gamma0 at their peak, linear.
    :param width: standard deviation of their shape, pixels.
    """

    places: Floats
    power: float
    width: float = 1.5


def imaging_of(scene: SimulatedScene) -> Imaging:
    """Imaging geometry of a scene; time 0 is when its middle is abeam."""
    flight: CircularFlight = flight_over(
        scene.longitude, scene.latitude, scene.slant_range, ascending=scene.ascending
    )
    extent = scene.samples * _SPACING_M
    # Slant range extent is the ground extent times the sine of the incidence, about 0.6.
    near = scene.slant_range - 0.5 * extent * 0.6
    span = scene.lines * LINE_INTERVAL_S
    times = np.arange(-span / 2 - 1.2, span / 2 + 2.2, 1.0)
    conversion = conversion_of(flight, times, near, 1.2 * extent)
    return Imaging(
        flight, -span / 2, LINE_INTERVAL_S, scene.lines, scene.samples, _SPACING_M, conversion
    )


def write_grd(
    scene: SimulatedScene,
    folder: Path,
    gamma0: Mapping[str, Backscatter],
    *,
    terrain: Terrain = sea_level,
    points: Points | None = None,
    looks: float | None = LOOKS,
    seed: int = 1,
) -> Path:
    """Write a SAFE folder.

    :param folder: that the product's folder is put into.
    :param gamma0: by polarisation.
    :param looks: of the speckle; None for none.
    :returns: the product's folder.
    """
    imaging = imaging_of(scene)
    root = folder / f"{scene.name}.SAFE"
    for below in ("annotation/calibration", "measurement"):
        (root / below).mkdir(parents=True)
    rng = np.random.default_rng(seed)
    grid = documents.Geolocation.of(imaging)
    writers = {}
    for number, polarisation in enumerate(gamma0, start=1):
        stem = documents.stem(scene, polarisation, number)
        tables = simulated_tables(polarisation, scene.lines, scene.samples, grid.incidences)
        documents.write_annotation(
            root / "annotation" / f"{stem}.xml", scene, imaging, polarisation, grid
        )
        documents.write_tables(
            root / "annotation" / "calibration", stem, scene, tables, polarisation
        )
        image = root / "measurement" / f"{stem}.tiff"
        writers[polarisation] = (tables, image)
    documents.write_manifest(root / "manifest.safe", scene)
    _write_images(scene, imaging, writers, gamma0, terrain, points, looks, rng)
    return root


def _write_images(
    scene: SimulatedScene,
    imaging: Imaging,
    writers: Mapping[str, tuple[SimulatedTables, Path]],
    gamma0: Mapping[str, Backscatter],
    terrain: Terrain,
    points: Points | None,
    looks: float | None,
    rng: np.random.Generator,
) -> None:
    samples = np.arange(scene.samples, dtype=float)
    spots = seen_at(imaging, points.places) if points is not None else []
    images = {name: np.empty((scene.lines, scene.samples), np.uint16) for name in writers}
    for row in range(0, scene.lines, _ROWS_AT_ONCE):
        lines = np.arange(row, min(row + _ROWS_AT_ONCE, scene.lines), dtype=float)
        longitude, latitude, _ = imaging.ground(lines, samples, terrain)
        for name, (tables, _path) in writers.items():
            power = gamma0[name](longitude, latitude)
            if points is not None:
                power = power + _shapes(points, spots, lines, samples)
            images[name][row : row + len(lines)] = amplitudes(
                power, *tables.at(lines, samples), looks, rng
            )
    for name, (_tables, path) in writers.items():
        write_image(path, images[name])


def amplitudes(
    power: Floats, gamma: Floats, noise: Floats, looks: float | None, rng: np.random.Generator
) -> NDArray[np.uint16]:
    """Digital numbers of a GRD image: amplitudes of signal and noise with speckle, rounded.

    :param power: gamma0, linear.
    :param gamma: the calibration table A.
    :param noise: in the units of DN squared.
    """
    expected = power * gamma**2 + noise
    if looks is not None:
        expected = expected * rng.gamma(looks, 1 / looks, expected.shape)
    # 0 would mean no data.
    return np.clip(np.rint(np.sqrt(expected)), 1, 65535).astype(np.uint16)


@contextmanager
def not_georeferenced() -> Iterator[None]:
    """Suppress the warning that an image is not georeferenced: radar images are not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


def write_image(path: Path, image: NDArray[np.uint16]) -> None:
    """Write a measurement file as ESA does: one line per strip, uncompressed."""
    with (
        not_georeferenced(),
        rasterio.open(
            path,
            "w",
            driver="GTiff",
            height=image.shape[0],
            width=image.shape[1],
            count=1,
            dtype="uint16",
            blockysize=1,
        ) as dataset,
    ):
        dataset.write(image, 1)


def write_dem(
    path: Path,
    terrain: Terrain,
    bounds: tuple[float, float, float, float],
    step: float = 1 / 3600,
    lowered: Terrain = sea_level,
) -> Path:
    """Sample a terrain as a terrain model in EPSG:4326.

    :param bounds: west, south, east, north in degrees.
    :param lowered: height to subtract, e.g. that of the geoid.
    """
    west, south, east, north = bounds
    columns, rows = round((east - west) / step), round((north - south) / step)
    longitude = west + (np.arange(columns) + 0.5) * step
    latitude = north - (np.arange(rows) + 0.5) * step
    grid = np.meshgrid(longitude, latitude)
    heights = terrain(*grid) - lowered(*grid)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=rows,
        width=columns,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=from_origin(west, north, step, step),
        nodata=-32768,
        compress="deflate",
        predictor=3,
    ) as dataset:
        dataset.write(heights.astype(np.float32), 1)
    return path


def _shapes(
    points: Points, spots: list[tuple[float, float]], lines: Floats, samples: Floats
) -> Floats:
    """What bright points add to gamma0: (lines, samples)."""
    added = np.zeros((len(lines), len(samples)))
    for line, sample in spots:
        away = (lines[:, None] - line) ** 2 + (samples - sample) ** 2
        added += points.power * np.exp(-away / (2 * points.width**2))
    return added
