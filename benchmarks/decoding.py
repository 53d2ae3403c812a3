"""Decoding the tiles of a deflated GeoTIFF, two at a time, against GDAL doing it one by one."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine

from benchmarks.bench import Bench
from benchmarks.measure import Sample, interleaved, measured, median_rate
from benchmarks.report import Row, Table, ratio_row
from dias_cbm.extraction.plan import Window
from dias_cbm.extraction.raster import Raster, open_bands
from dias_cbm.products.open import Band, Grid

_TILE, _WIDE = 512, 1024
_SIZE, _QUICK_SIZE = 4096, 2048

#: Name of a row -> the predictor that its pixels are written with.
_CASES = {"backscatter float32": 1, "backscatter float32, predictor 3": 3}


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """One ratio for each predictor."""
    random = np.random.default_rng(20180501)
    size = _QUICK_SIZE if bench.quick else _SIZE
    bench.cache.mkdir(parents=True, exist_ok=True)
    rows = []
    with tempfile.TemporaryDirectory(dir=bench.cache) as folder:
        for name, predictor in _CASES.items():
            pixels = random.gamma(4.0, 0.02, (2, size, size)).astype(np.float32)
            path = _write(Path(folder) / "pixels.tif", pixels, predictor)
            share = path.stat().st_size / pixels.nbytes
            samples = _samples(bench, path)
            rate = median_rate(samples["ours"]) / 1e6
            rows.append(
                ratio_row(
                    f"decoding {name.replace(', ', '_').replace(' ', '_')}",
                    f"decoding deflate against GDAL: {name}",
                    samples["ours"],
                    samples["gdal"],
                    note=f"compressed to {share:.0%}; {rate:.0f} million pixels a second",
                )
            )
    return rows, []


def _write(path: Path, pixels: np.ndarray, predictor: int) -> Path:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=pixels.shape[2],
        height=pixels.shape[1],
        count=len(pixels),
        dtype=pixels.dtype,
        crs="EPSG:25832",
        transform=Affine(10, 0, 300_000, 0, -10, 6_300_000),
        compress="deflate",
        predictor=predictor,
        tiled=True,
        blockxsize=_TILE,
        blockysize=_TILE,
        interleave="band",
    ) as dataset:
        dataset.write(pixels)
    return path


def _samples(bench: Bench, path: Path) -> dict[str, list[Sample]]:
    """Ours and GDAL's, window by window; a record is a pixel."""
    with rasterio.open(path) as dataset:
        grid = Grid(dataset.crs, dataset.transform, dataset.width, dataset.height)
        bands = [
            Band(f"B{index}", str(path), index, dataset.dtypes[0], None, 1.0, 0.0, grid)
            for index in (1, 2)
        ]
        out = np.empty((2, _TILE, _WIDE), dataset.dtypes[0])

        def read(raster: Raster) -> int:
            for top in range(0, grid.height, _TILE):
                for left in range(0, grid.width, _WIDE):
                    raster.read(bands, Window(top, top + _TILE, left, left + _WIDE), out)
            return 2 * grid.width * grid.height

        with open_bands(bands) as (ours, _):
            read(ours)  # the first window is read twice
            gdal = Raster(dataset)
            return interleaved(
                bench.rounds,
                {
                    "ours": lambda _: measured(lambda: read(ours)),
                    "gdal": lambda _: measured(lambda: read(gdal)),
                },
            )
