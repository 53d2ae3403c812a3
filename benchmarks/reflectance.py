"""CARD-2A made here: pixels of an L1C tile per CPU second, and what a full tile takes from that.

The tile is a simulated one, a fifth of a full one in each direction, its images smooth with noise
and lossless JPEG 2000. Work grows with the pixels; of the tables that are interpolated, which does
not, a full tile has no more.
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
from cbm.simulation.l1c import BANDS, PIXEL, write_l1c

#: Sides of a tile, m.
_FULL, _PART, _QUICK, _WARM = 109_800, 21_960, 3_600, 1_200


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Speed of one core, and the memory it took."""
    side = _QUICK if bench.quick else _PART
    folder = bench.cache / f"l1c-{side}"
    shutil.rmtree(folder, ignore_errors=True)
    for size in (_WARM, side):
        _simulate(folder / str(size), size)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.reflectance", str(folder), str(side)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    shutil.rmtree(folder)
    cpu, peak, wall = map(float, done.stdout.split()[-3:])
    pixels = (side // 10) ** 2
    rate = pixels / 1e6 / cpu
    how = "L1C SAFE to L2A SAFE, ten bands and SCL, pixels of 10 m, one process, loaded before"
    details = {"cpu_s": round(cpu, 2), "wall_s": round(wall, 2), "pixels": pixels}
    return [
        Row("card_2a_speed", "CARD-2A made here", rate, "Mpx/CPU s", note=how, details=details),
        Row(
            "card_2a_full",
            "CARD-2A made here, a full tile of 10,980 x 10,980, extrapolated",
            (_FULL / 10) ** 2 / 1e6 / rate / 60,
            "CPU min",
            least=False,
            note="by pixels, from the row above",
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
    # Without cirrus, which would be the whole sky.
    images["B10"] = np.full_like(images["B10"], 0.002)
    folder.mkdir(parents=True)
    write_l1c(folder, images, side)


def _make(folder: Path, side: int) -> None:
    from benchmarks.peak import peak_memory_mb
    from cbm.card.optical.surface import make_surface_reflectance

    def once(size: int) -> None:
        (source,) = (folder / str(size)).glob("*.SAFE")
        make_surface_reflectance(source, target=folder / "made" / str(size))

    once(_WARM)
    cpu, wall = time.process_time(), time.perf_counter()
    once(side)
    print(time.process_time() - cpu, peak_memory_mb(), time.perf_counter() - wall)


if __name__ == "__main__":
    _make(Path(sys.argv[1]), int(sys.argv[2]))
