"""CARD-BS made here: pixels of a GRD image per CPU second, and the estimate for a full scene.

The scene is a simulated one of 3,000 x 4,000 pixels in two polarisations, with hills of 200 m on
a terrain model of 1"; a full one is taken as 17,000 x 25,000. The work grows with the number of
pixels, in blocks of the same size; input and output are on the same disk.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.report import Row, Table

_FULL = 17_000 * 25_000
_SIZE, _QUICK_SIZE = (3_000, 4_000), (500, 600)


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Speed of one core, and the memory it took."""
    lines, samples = _QUICK_SIZE if bench.quick else _SIZE
    folder = bench.cache / f"grd-{lines}x{samples}"
    if not (folder / "dem.tif").exists():
        _simulate(folder, lines, samples)
    seconds, peak, wall = _made(folder)
    rate = lines * samples / 1e6 / seconds
    minutes = _FULL / 1e6 / rate / 60
    details = {"cpu_s": round(seconds, 2), "wall_s": round(wall, 2), "pixels": lines * samples}
    how = "SAFE to BEAM-DIMAP, VV and VH, one process, already compiled"
    return [
        Row("card_bs_speed", "CARD-BS made here", rate, "Mpx/CPU s", note=how, details=details),
        Row(
            "card_bs_full",
            "CARD-BS made here, a full scene of 17,000 x 25,000, extrapolated",
            minutes,
            "CPU min",
            aim=5,
            least=False,
            note="by pixels, from the row above",
        ),
        Row(
            "card_bs_memory",
            "CARD-BS made here: peak memory",
            peak,
            "MB",
            must=2000,
            least=False,
            note="by blocks of 1,024 x 1,024 pixels, whatever the size of the scene",
        ),
    ], []


def _simulate(folder: Path, lines: int, samples: int) -> None:
    import numpy as np

    from dias_cbm_lab.evidence.engines import hills
    from dias_cbm_lab.level1.grd import imaging_of, write_dem, write_grd
    from dias_cbm_lab.level1.simulated_scene import SimulatedScene

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    start = datetime(2018, 8, 21, 5, 23, 45, tzinfo=UTC)
    scene = SimulatedScene(9.5, 56.0, start, lines, samples)

    def even(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
        return np.full(longitude.shape, 0.1)

    write_grd(scene, folder, {"VV": even, "VH": even}, terrain=hills)
    corners = imaging_of(scene).ground(np.array([0.0, lines - 1]), np.array([0.0, samples - 1]))
    west, south = corners[0].min() - 0.03, corners[1].min() - 0.03
    east, north = corners[0].max() + 0.03, corners[1].max() + 0.03
    write_dem(folder / "dem.tif", hills, (west, south, east, north))


def _made(folder: Path) -> tuple[float, float, float]:
    """CPU seconds, peak memory in MB and seconds of a process that makes the product."""
    out = folder / "made"
    shutil.rmtree(out, ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.backscatter", str(folder), str(out)],
        check=True,
        capture_output=True,
        text=True,
    )
    shutil.rmtree(out, ignore_errors=True)
    cpu, peak, wall = map(float, done.stdout.split()[-3:])
    return cpu, peak, wall


def _make(folder: Path, out: Path) -> None:
    import time

    from benchmarks.peak import peak_memory_mb
    from dias_cbm.card.sar.backscatter import make_backscatter
    from dias_cbm.vertical_datum import VerticalDatum

    (safe,) = folder.glob("*.SAFE")

    def once(target: Path, area: tuple[float, float, float, float] | None = None) -> None:
        make_backscatter(
            safe,
            dem=folder / "dem.tif",
            orbit=None,
            target=target,
            datum=VerticalDatum.ELLIPSOID,
            area=area,
        )

    once(out / "warm", (9.49, 55.995, 9.51, 56.005))
    cpu, wall = time.process_time(), time.perf_counter()
    once(out / "whole")
    print(time.process_time() - cpu, peak_memory_mb(), time.perf_counter() - wall)


if __name__ == "__main__":
    _make(Path(sys.argv[1]), Path(sys.argv[2]))
