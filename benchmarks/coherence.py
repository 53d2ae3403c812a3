"""CARD-COH6 made here: one burst pair of full size in both polarisations, from SAFE to GeoTIFF.

The images hold noise and the terrain hills: the work does not depend on their content. It runs in
its own process, whose peak memory is measured too, after a small pair to warm up.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.bench import Bench
from benchmarks.peak import peak_memory_mb
from benchmarks.report import Row, Table
from dias_cbm.card.sar.annotation import read_annotation
from dias_cbm.card.sar.coherence import make_coherence
from dias_cbm_lab.evidence.coherence_study import hills, write_dem
from dias_cbm_lab.level1.slc_annotation import Pass, Swath, annotation, displaced
from dias_cbm_lab.level1.slc_products import annotation_file, write_annotations, write_image

_POLARISATIONS = ("VV", "VH")
_SMALL = Swath("IW1", bursts=1, lines=300, samples=1500)
_FULL = Swath("IW1", bursts=1, lines=1507, samples=23_055, invalid=(20, 240), cycle=1342)
#: Pixels of a product in one polarisation: nine bursts of a real IW1, IW2 and IW3.
_PRODUCT_PIXELS = 9 * (1507 * 23_055 + 1519 * 26_818 + 1513 * 24_500)
_AIM_MINUTES, _MOST_MEGABYTES = 40.0, 2000.0


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Speed, the estimate for a whole pair, and memory."""
    folder = bench.cache / "coherence"
    sizes = (_SMALL, _SMALL if bench.quick else _FULL)
    for name, swath in zip(("small", "measured"), sizes, strict=True):
        _write(folder / name, swath)
    command = [sys.executable, "-m", "benchmarks.coherence", str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ)
    shutil.rmtree(folder)
    found = json.loads(done.stdout.splitlines()[-1])
    pixels = sizes[1].lines * sizes[1].samples * len(_POLARISATIONS)
    rate = pixels / 1e6 / found["cpu_s"]
    whole = _PRODUCT_PIXELS * len(_POLARISATIONS) / 1e6 / rate / 60
    how = f"one burst of {sizes[1].lines} x {sizes[1].samples} in two polarisations"
    return [
        Row("coherence_rate", "coherence: SLC pixels per CPU second", rate, "Mpx/s", note=how),
        Row(
            "coherence_pair",
            "coherence: a whole pair on one core, extrapolated",
            whole,
            "min",
            aim=_AIM_MINUTES,
            least=False,
            note=f"27 bursts, {_PRODUCT_PIXELS / 1e6:.0f} Mpx a polarisation, at that rate;"
            f" on two cores, a product each, {whole / 2:.1f} min a product",
            details=found,
        ),
        Row(
            "coherence_memory",
            "coherence: peak memory of that process",
            found["peak_mb"],
            "MB",
            _MOST_MEGABYTES,
            least=False,
            note=how,
        ),
    ], []


def _write(folder: Path, swath: Swath) -> None:
    """A pair of noise and its terrain model."""
    shutil.rmtree(folder, ignore_errors=True)
    rng = np.random.default_rng(1)
    for date, orbit, aside in (("2021-04-07", 37361, 0.0), ("2021-04-01", 26290, 150.0)):
        satellite = "S1A" if aside == 0 else "S1B"
        one = Pass(np.datetime64(f"{date}T05:30:00"), orbit, 9.5, 56.2, satellite=satellite)
        made = {
            (swath.name, band): displaced(annotation(one, swath, band), aside, 0.43)
            for band in _POLARISATIONS
        }
        product = folder / ("reference" if aside == 0 else "secondary")
        product.mkdir(parents=True)
        root = write_annotations(product, made)
        for band in _POLARISATIONS:
            file = annotation_file(root, swath.name, band)
            noise = 150 * rng.standard_normal((swath.lines, swath.samples, 2), np.float32)
            path = root / "measurement" / f"{file.stem}.tiff"
            write_image(path, noise.round().view(np.complex64)[..., 0])
    grid = read_annotation(file).grid
    bounds = (
        grid.longitude.min() - 0.1,
        grid.latitude.min() - 0.1,
        grid.longitude.max() + 0.1,
        grid.latitude.max() + 0.1,
    )
    write_dem(folder / "dem.tif", hills, bounds)


def _make(folder: Path) -> None:
    make_coherence(
        folder / "reference", folder / "secondary", dem=folder / "dem.tif", target=folder / "made"
    )


if __name__ == "__main__":
    _make(Path(sys.argv[1]) / "small")
    start = time.process_time(), time.perf_counter()
    _make(Path(sys.argv[1]) / "measured")
    print(
        json.dumps(
            {
                "cpu_s": time.process_time() - start[0],
                "wall_s": time.perf_counter() - start[1],
                "peak_mb": peak_memory_mb(),
            }
        )
    )
