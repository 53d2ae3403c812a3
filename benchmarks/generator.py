"""Generator of the synthetic data: parcels and two-band scenes of a given size, made once and kept.

Everything follows from the case and its seed. Files are written aside and renamed when complete, so
that the cache never holds half a file.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import rasterio
import shapely
from affine import Affine
from rasterio.features import rasterize
from rasterio.windows import Window

from benchmarks.landscape import Geometries, compose
from dias_cbm.geometry import FlatRings, flatten
from dias_cbm.products.model import Grid
from dias_cbm.products.writers import DimapWriter

#: Change it when the generator makes other data, so that old caches are not used.
VERSION = 3

SRID = 25832
BANDS = ("VV", "VH")
NODATA = 0.0

_PIXEL_M = 10.0
_WEST, _NORTH = 300_000.0, 6_300_000.0
_MARGIN_M = 200.0
# Sentinel-1 grids are not aligned to anything.
_SHIFT_M = (3.37, 4.91)
_TILE = 512
_ENVI_PROFILE = ("width", "height", "count", "dtype", "crs", "transform")

#: As products made here are compressed, see :mod:`dias_cbm.products.writers.geotiff`.
_ZSTD: Mapping[str, object] = {"compress": "zstd", "zstd_level": 3}
#: As they were made before.
_PREDICTED: Mapping[str, object] = {**_ZSTD, "predictor": 3}
_DEFLATE: Mapping[str, object] = {"compress": "deflate"}


@dataclass(frozen=True, slots=True)
class Case:
    """One size of the data.

    :param width: columns of 10 m; ``height`` likewise.
    :param scenes: how many different rasters.
    :param west: of its corner in EPSG:25832, in metres; ``north`` likewise.
    """

    name: str
    parcels: int
    width: int
    height: int
    scenes: int = 1
    seed: int = 1
    west: float = _WEST
    north: float = _NORTH

    @property
    def transform(self) -> Affine:
        """Of the rasters' grid, in EPSG:25832."""
        west, north = self.west - _SHIFT_M[0], self.north + _SHIFT_M[1]
        return Affine(_PIXEL_M, 0, west, 0, -_PIXEL_M, north)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north of the parcels, in metres."""
        east, south = self.west + self.width * _PIXEL_M, self.north - self.height * _PIXEL_M
        return self.west + _MARGIN_M, south + _MARGIN_M, east - _MARGIN_M, self.north - _MARGIN_M


@dataclass(frozen=True, slots=True)
class Work:
    """The files of a case.

    :param parcels: GeoPackage with the columns ``pid`` (1..n) and ``crop``.
    :param scenes: two-band rasters.
    """

    case: Case
    folder: Path
    parcels: Path
    scenes: list[Path]

    def geometries(self) -> Geometries:
        """The parcels in order of their ``pid``."""
        return np.asarray(shapely.from_wkb(np.load(self.folder / "wkb.npy", allow_pickle=True)))

    def rings(self) -> FlatRings:
        """The parcels as flat arrays, straight from their files."""
        names = ("coordinates", "ring_offsets", "parcel_ring_offsets")
        return FlatRings(*(np.load(self.folder / f"{name}.npy") for name in names))

    def uncompressed(self) -> Path:
        """The first scene as ENVI, the format in which JRC's platform has its products."""
        path = self.folder / "scene-00.img"
        if not path.exists():
            aside = path.with_name("aside-scene-00.img")
            with rasterio.open(self.scenes[0]) as source:
                profile = {key: source.profile[key] for key in _ENVI_PROFILE}
                with rasterio.open(aside, "w", driver="ENVI", **profile) as target:
                    for _, window in _stripes(source.height, source.width):
                        target.write(source.read(window=window), window=window)
            aside.with_suffix(".hdr").replace(path.with_suffix(".hdr"))
            aside.replace(path)
        return path

    def dimap(self) -> Path:
        """The first scene as BEAM-DIMAP, one big-endian ENVI file per band, as platforms deliver.

        :returns: the product's folder.
        """
        path = self.folder / "scene-00_CARD_BS"
        if not path.exists():
            with rasterio.open(self.scenes[0]) as source:
                grid = Grid(source.crs, source.transform, source.width, source.height)
                with DimapWriter(path, grid, BANDS, NODATA) as target:
                    for first, window in _stripes(source.height, source.width):
                        for index, band in enumerate(BANDS, start=1):
                            target.write(band, first, 0, source.read(index, window=window))
        return path

    def predicted(self) -> Path:
        """The first scene compressed by zstd with predictor 3."""
        return self._compressed("predicted-00.tif", _PREDICTED)

    def deflated(self) -> Path:
        """The first scene compressed by deflate."""
        return self._compressed("deflated-00.tif", _DEFLATE)

    def _compressed(self, name: str, compression: Mapping[str, object]) -> Path:
        path = self.folder / name
        if not path.exists():
            aside = path.with_name(f"aside-{path.name}")
            with (
                rasterio.open(self.scenes[0]) as source,
                rasterio.open(aside, "w", **_profile(self.case, compression)) as target,
            ):
                target.descriptions = BANDS
                for _, window in _stripes(source.height, source.width):
                    target.write(source.read(window=window), window=window)
            aside.replace(path)
        return path

    def first_band(self) -> np.ndarray:
        """The first band of :meth:`uncompressed` as an array, mapped from the page cache."""
        shape = (self.case.height, self.case.width)
        return np.asarray(np.memmap(self.uncompressed(), "<f4", "r", shape=shape))


def make(case: Case, cache: Path) -> Work:
    """The data of a case, from the cache or newly made.

    :param cache: folder that holds a folder per case.
    """
    folder = cache / f"{case.name}-{case.parcels}-{case.width}x{case.height}-v{VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    parcels = folder / "parcels.gpkg"
    if not parcels.exists():
        _write_parcels(folder, parcels, compose(case.bounds, case.parcels, case.seed))
    scenes = [folder / f"scene-{number:02d}.tif" for number in range(case.scenes)]
    work = Work(case, folder, parcels, scenes)
    missing = [number for number, scene in enumerate(scenes) if not scene.exists()]
    if missing:
        geometries = work.geometries()
        for number in missing:
            _write_scene(scenes[number], geometries, case, number)
    return work


def _write_parcels(folder: Path, parcels: Path, geometries: Geometries) -> None:
    rings = flatten(geometries)
    np.save(folder / "wkb.npy", shapely.to_wkb(geometries))
    for name in ("coordinates", "ring_offsets", "parcel_ring_offsets"):
        np.save(folder / f"{name}.npy", getattr(rings, name))
    columns = {"pid": np.arange(1, len(geometries) + 1), "crop": "barley"}
    aside = folder / "aside.gpkg"
    geopandas.GeoDataFrame(columns, geometry=geometries, crs=SRID).to_file(aside)
    aside.replace(parcels)


def _write_scene(path: Path, geometries: Geometries, case: Case, number: int) -> None:
    """A GeoTIFF laid out like a COG: header first, tiles of 512 pixels in row order.

    It has no overviews, since nothing here reads them.
    """
    rng = np.random.default_rng([case.seed, number, zlib.crc32(case.name.encode())])
    levels = rng.uniform(0.2, 0.8, (len(BANDS), len(geometries) + 1)).astype(np.float32)
    aside = path.with_name(f"aside-{path.name}")
    with rasterio.open(aside, "w", **_profile(case, _ZSTD)) as dataset:
        dataset.descriptions = BANDS
        for window, labels in _labels(geometries, case):
            for index, level in enumerate(levels, start=1):
                dataset.write(_pixels(labels, window.row_off, level, rng), index, window=window)
    aside.replace(path)


def _profile(case: Case, compression: Mapping[str, object]) -> dict[str, object]:
    return {
        "driver": "GTiff",
        "width": case.width,
        "height": case.height,
        "count": len(BANDS),
        "dtype": "float32",
        "crs": SRID,
        "transform": case.transform,
        "nodata": NODATA,
        "tiled": True,
        "blockxsize": _TILE,
        "blockysize": _TILE,
        "interleave": "band",
        "bigtiff": "yes",
        "num_threads": "all_cpus",
        **compression,
    }


def _stripes(height: int, width: int) -> Iterator[tuple[int, Window]]:
    """First row and window of each row of tiles."""
    for first in range(0, height, _TILE):
        yield first, Window(0, first, width, min(_TILE, height - first))


def _labels(geometries: Geometries, case: Case) -> Iterator[tuple[Window, np.ndarray]]:
    """Stripes of a raster with the parcels' numbers from 1, and 0 between them."""
    _, south, _, north = shapely.bounds(geometries).T
    for first, window in _stripes(case.height, case.width):
        transform = case.transform @ Affine.translation(0, first)
        top, bottom = transform.f, transform.f - window.height * _PIXEL_M
        here = np.flatnonzero((north > bottom) & (south < top))
        labels = np.zeros((window.height, window.width), np.int32)
        if len(here):
            shapes = zip(geometries[here], (here + 1).tolist(), strict=True)
            rasterize(shapes, out=labels, transform=transform)
        yield window, labels


def _pixels(
    labels: np.ndarray, first: int, level: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Noise around each parcel's level, a wedge without data, and single pixels without data."""
    pixels = rng.standard_normal(labels.shape, dtype=np.float32)
    pixels *= np.float32(0.05)
    pixels += level[labels]
    np.maximum(pixels, np.float32(0.001), out=pixels)
    rows = np.arange(first, first + len(labels))[:, None]
    columns = np.arange(labels.shape[1])[None]
    pixels[columns + 0.22 * rows < 0.04 * labels.shape[1]] = NODATA
    holes = rng.integers(0, labels.size, labels.size // 25_000)
    pixels.ravel()[holes] = NODATA
    return pixels
