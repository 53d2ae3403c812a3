"""CARD-2A made here: pixels of an L1C tile per CPU second, by step, and against GDAL alone.

The tile is simulated, three eighths of a full one in each direction; its images are smooth with
noise, in lossless JPEG 2000 of nine bits a pixel, as much as real ones have at most. The part that
does not grow with the pixels is measured on a tile of 120 x 120 and counted once for a full one.

GDAL alone decodes the same bands, each once and nothing else, and encodes ten of them as the
product has them: what no engine that reads and writes by GDAL can be faster than. OpenJPEG decodes
in threads of its own unless OPJ_NUM_THREADS is 0, which the steps need to be told apart.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bench import Bench
from benchmarks.report import Row, Table
from dias_cbm_lab.level1.l1c import BANDS, PIXEL, write_l1c

#: Sides of a tile, m. The part has two blocks of about full size in each direction, so
#: that two threads have the same to do.
_FULL, _PART, _QUICK, _SMALL = 109_800, 40_920, 3_600, 1_200
_MOST_MEGABYTES = 1000


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Speed of one core, where its time goes, two cores, and memory."""
    side = _QUICK if bench.quick else _PART
    folder = bench.cache / f"l1c-{side}"
    shutil.rmtree(folder, ignore_errors=True)
    for size in (_SMALL, side):
        _simulate(folder / str(size), size)
    found = _end(_begin(folder, side, "1", "alone"))
    shared = _end(_begin(folder, side, "2", "shared"))
    alone = found["wall_s"]
    pair = [_begin(folder, side, "1", name) for name in ("one", "other")]
    together = max(_end(process)["wall_s"] for process in pair)
    shutil.rmtree(folder)
    pixels, few, full = ((size // 10) ** 2 for size in (side, _SMALL, _FULL))
    rate = (pixels - few) / 1e6 / (found["cpu_s"] - found["small_cpu_s"])
    whole = found["small_cpu_s"] + (full - few) / 1e6 / rate
    details = found | {"pixels": pixels, "by_two_threads": shared, "two_at_once_s": together}
    how = "L1C SAFE to L2A SAFE, ten bands and SCL, pixels of 10 m, one process, already loaded"
    rows = [
        Row("card_2a_speed", "CARD-2A made here", rate, "Mpx/CPU s", note=how, details=details),
        Row(
            "card_2a_full",
            "CARD-2A made here, a full tile of 10,980 x 10,980, extrapolated",
            whole / 60,
            "CPU min",
            least=False,
            note=f"{found['small_cpu_s']:.1f} s, and the pixels at the rate above",
        ),
        Row(
            "card_2a_floor",
            "CARD-2A made here, against GDAL alone on the same bands",
            found["cpu_s"] / found["floor_s"],
            "x",
            least=False,
            note=f"GDAL took {found['floor_s']:.1f} s of CPU to decode and encode",
        ),
        Row(
            "card_2a_two_cores",
            "CARD-2A made here: one product by two threads, wall time against one",
            alone / shared["wall_s"],
            "x",
            None if bench.quick else 1.8,
            note="only counts on a machine with nothing else to do",
        ),
        Row(
            "card_2a_two_products",
            "CARD-2A made here: two products at once, against one after the other",
            2 * alone / together,
            "x",
            None if bench.quick else 1.8,
            note="only counts on a machine with nothing else to do",
        ),
        Row(
            "card_2a_memory",
            "CARD-2A made here: peak memory of that process",
            found["peak_mb"],
            "MB",
            _MOST_MEGABYTES,
            least=False,
            note=f"a tile of {side // 10:,} x {side // 10:,}; by blocks",
        ),
    ]
    return rows, [_steps(found["steps"])]


def _steps(seconds: dict[str, float]) -> Table:
    whole = sum(seconds.values())
    return Table(
        "CARD-2A made here, by step",
        ("step", "CPU s", "share"),
        [(name, round(one, 2), f"{100 * one / whole:.0f} %") for name, one in seconds.items()],
    )


def _begin(folder: Path, side: int, threads: str, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.reflectance", str(folder), str(side), threads, name],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"OPJ_NUM_THREADS": "0"},
    )


def _end(process: subprocess.Popen[str]) -> dict[str, Any]:
    told, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"ended with exit code {process.returncode}")
    found: dict[str, Any] = json.loads(told.splitlines()[-1])
    return found


def _simulate(folder: Path, side: int) -> None:
    rng = np.random.default_rng(1)
    images = {}
    for number, band in enumerate(BANDS):
        pixels = side // PIXEL[band]
        place = np.linspace(0, 12, pixels)
        smooth = 0.12 + 0.005 * number + 0.05 * np.outer(np.sin(place), np.cos(place))
        images[band] = smooth + 0.01 * rng.standard_normal((pixels, pixels), np.float32)
    # Without cirrus, which would cover the whole sky.
    images["B10"] = np.full_like(images["B10"], 0.002)
    folder.mkdir(parents=True)
    write_l1c(folder, images, side)


def _make(folder: Path, side: int, threads: int, name: str) -> dict[str, Any]:
    from benchmarks.peak import peak_memory_mb
    from dias_cbm.card.optical.surface import make_surface_reflectance
    from dias_cbm.card.step_times import StepTimes

    made, times = folder / "made" / name, StepTimes()

    def once(size: int, what: str, times: StepTimes | None = None) -> float:
        """CPU seconds."""
        (source,) = (folder / str(size)).glob("*.SAFE")
        begun = time.process_time()
        make_surface_reflectance(source, target=made / what, threads=threads, times=times)
        return time.process_time() - begun

    once(_SMALL, "warm")
    found: dict[str, Any] = {"small_cpu_s": once(_SMALL, "small")}
    begun = time.perf_counter()
    found["cpu_s"] = once(side, "whole", times)
    found |= {
        "wall_s": time.perf_counter() - begun,
        "peak_mb": peak_memory_mb(),
        "steps": times.seconds,
    }
    if name == "alone":
        found["floor_s"] = _floor(sorted((folder / str(side)).rglob("*.jp2")), made)
    return found


def _floor(images: Sequence[Path], folder: Path) -> float:
    """CPU seconds to decode all bands with GDAL, and to encode those of 10 and 20 m."""
    import rasterio

    begun = time.process_time()
    for file in images:
        with rasterio.open(file) as source:
            numbers, profile = source.read(1), source.profile
        if profile["transform"].a > 20:
            continue
        layout = {"tiled": True, "blockxsize": 512, "blockysize": 512, "predictor": 2}
        profile |= layout | {"driver": "GTiff", "compress": "zstd", "zstd_level": 1}
        with rasterio.open(folder / f"{file.stem}.tif", "w", **profile) as target:
            target.write(numbers, 1)
    return time.process_time() - begun


if __name__ == "__main__":
    print(json.dumps(_make(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])))
