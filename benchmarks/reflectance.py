"""CARD-2A made here: pixels of an L1C tile per CPU second, and the estimate for a full tile.

The tile is simulated, a fifth of a full one in each direction; its images are smooth with noise, in
lossless JPEG 2000. The part that does not grow with the pixels, such as the search for the
atmosphere, is measured on a tile of 120 x 120 and counted once for a full one.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.bench import Bench
from benchmarks.report import Row, Table
from dias_cbm_lab.level1.l1c import BANDS, PIXEL, write_l1c

#: Sides of a tile, m.
_FULL, _PART, _QUICK, _SMALL = 109_800, 21_960, 3_600, 1_200


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Speed of one core, and the memory it took."""
    side = _QUICK if bench.quick else _PART
    folder = bench.cache / f"l1c-{side}"
    shutil.rmtree(folder, ignore_errors=True)
    for size in (_SMALL, side):
        _simulate(folder / str(size), size)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.reflectance", str(folder), str(side)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    shutil.rmtree(folder)
    fixed, cpu, peak, wall = map(float, done.stdout.split()[-4:])
    pixels, few, full = ((size // 10) ** 2 for size in (side, _SMALL, _FULL))
    rate = (pixels - few) / 1e6 / (cpu - fixed)
    whole = fixed + (full - few) / 1e6 / rate
    how = "L1C SAFE to L2A SAFE, ten bands and SCL, pixels of 10 m, one process, already loaded"
    details = {
        "cpu_s": round(cpu, 2),
        "small_cpu_s": round(fixed, 2),
        "wall_s": round(wall, 2),
        "pixels": pixels,
    }
    return [
        Row("card_2a_speed", "CARD-2A made here", rate, "Mpx/CPU s", note=how, details=details),
        Row(
            "card_2a_full",
            "CARD-2A made here, a full tile of 10,980 x 10,980, extrapolated",
            whole / 60,
            "CPU min",
            least=False,
            note=f"{fixed:.1f} s, and the pixels at the rate above",
        ),
        Row(
            "card_2a_memory",
            "CARD-2A made here: peak memory of that process",
            peak,
            "MB",
            least=False,
            note=f"a tile of {side // 10:,} x {side // 10:,}",
        ),
    ], []


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


def _make(folder: Path, side: int) -> None:
    from benchmarks.peak import peak_memory_mb
    from dias_cbm.card.optical.surface import make_surface_reflectance

    def once(size: int, name: str) -> float:
        """CPU seconds."""
        (source,) = (folder / str(size)).glob("*.SAFE")
        begun = time.process_time()
        make_surface_reflectance(source, target=folder / "made" / name)
        return time.process_time() - begun

    once(_SMALL, "warm")
    fixed = once(_SMALL, "small")
    wall = time.perf_counter()
    cpu = once(side, "whole")
    print(fixed, cpu, peak_memory_mb(), time.perf_counter() - wall)


if __name__ == "__main__":
    _make(Path(sys.argv[1]), int(sys.argv[2]))
