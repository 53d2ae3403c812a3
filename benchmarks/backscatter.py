"""CARD-BS made here: pixels of a GRD image per CPU second, step by step, and on two cores.

The scene is a simulated quarter of one, 8,500 x 12,500 pixels in two polarisations, with hills of
200 m on a terrain model of 1"; a full one is taken as 17,000 x 25,000. The work grows with the
number of pixels, in blocks of the same size; input and output are on the same disk. What happens
once in a product counts four times what it does in a full one. Terrain flattening, which takes
seven times as long, is measured on 3,000 x 4,000 pixels.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.bench import Bench
from benchmarks.report import Row, Table
from benchmarks.two_cores import ROUNDS, gains

_FULL = 17_000 * 25_000
_QUARTER, _SMALL, _QUICK = (8_500, 12_500), (3_000, 4_000), (500, 600)


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Speed of one core by steps, of two cores, and the memory it took."""
    lines, samples = _QUICK if bench.quick else _QUARTER
    folder = _scene(bench, lines, samples)
    one = _made(folder, threads=1)
    rows = _alone(one, lines * samples)
    # At small size, starting the processes takes longer than all else.
    if not bench.quick:
        rows += [*_together(folder), _flattening(_scene(bench, *_SMALL))]
    return rows, [_profile(one)]


def _scene(bench: Bench, lines: int, samples: int) -> Path:
    folder = bench.cache / f"grd-{lines}x{samples}"
    if not (folder / "dem.tif").exists():
        _simulate(folder, lines, samples)
    return folder


def _alone(one: Made, pixels: int) -> list[Row]:
    rate = pixels / 1e6 / one.cpu
    how = "SAFE to BEAM-DIMAP, VV and VH, one process, already compiled"
    details = asdict(one) | {"pixels": pixels}
    return [
        Row("card_bs_speed", "CARD-BS made here", rate, "Mpx/CPU s", note=how, details=details),
        Row(
            "card_bs_full",
            "CARD-BS made here, a full scene of 17,000 x 25,000, extrapolated",
            _FULL / 1e6 / rate / 60,
            "CPU min",
            aim=1,
            least=False,
            note="by pixels, from the row above",
        ),
        Row(
            "card_bs_memory",
            "CARD-BS made here: peak memory",
            one.peak_mb,
            "MB",
            must=1000,
            least=False,
            note="by strips of 512 rows: a scene of full width takes some 80 MB more",
        ),
    ]


def _together(folder: Path) -> list[Row]:
    # In turns, so that what else the machine does meets all alike.
    rounds = [
        [_made_at_once(folder, 1, 1), _made_at_once(folder, 1, 2), _made_at_once(folder, 2, 1)]
        for _ in range(ROUNDS)
    ]
    by_threads, by_products = gains(
        [(one[0].wall, two[0].wall, max(made.wall for made in apart)) for one, two, apart in rounds]
    )
    note = "wall time: only on a machine that has nothing else to do; medians"
    details = {"rounds": [[[asdict(made) for made in how] for how in each] for each in rounds]}
    return [
        Row(
            "card_bs_threads",
            "CARD-BS made here: one product on two cores against one",
            by_threads,
            "x",
            must=1.8,
            note=note,
            details=details,
        ),
        Row(
            "card_bs_products",
            "CARD-BS made here: two products on two cores against one after the other",
            by_products,
            "x",
            must=1.8,
            note="likewise",
        ),
    ]


def _made_at_once(folder: Path, products: int, threads: int) -> list[Made]:
    with ThreadPoolExecutor(products) as pool:
        return list(pool.map(lambda _: _made(folder, threads=threads), range(products)))


def _flattening(folder: Path) -> Row:
    plain, flat = (_made(folder, threads=1, flattening=one) for one in (False, True))
    return Row(
        "card_bs_flattening",
        "CARD-BS made here, terrain-flattened: CPU time against plain",
        flat.cpu / plain.cpu,
        "x",
        least=False,
        note="the illuminated area of every pixel of the image comes on top",
        details=asdict(flat),
    )


@dataclass(frozen=True, slots=True)
class Made:
    """One product made in a process of its own.

    :param cpu: seconds of CPU time, and ``wall`` seconds.
    :param steps: CPU seconds of each step.
    """

    cpu: float
    wall: float
    peak_mb: float
    steps: dict[str, float]


def _profile(one: Made) -> Table:
    steps = [*one.steps.items(), ("the rest", one.cpu - sum(one.steps.values()))]
    return Table(
        "CARD-BS step by step",
        ("step", "CPU s", "share"),
        [(name, round(used, 3), f"{used / one.cpu:.0%}") for name, used in steps],
    )


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


def _made(folder: Path, *, threads: int, flattening: bool = False) -> Made:
    """The product made by a process that does nothing else."""
    options = json.dumps({"threads": threads, "flattening": flattening})
    with TemporaryDirectory(dir=folder) as out:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.backscatter", str(folder), out, options],
            check=True,
            capture_output=True,
            text=True,
        )
    return Made(**json.loads(done.stdout.splitlines()[-1]))


def _make(folder: Path, out: Path, options: dict[str, Any]) -> Made:
    import time

    from benchmarks.peak import peak_memory_mb
    from dias_cbm.card.sar.backscatter import make_backscatter
    from dias_cbm.card.step_times import StepTimes
    from dias_cbm.vertical_datum import VerticalDatum

    (safe,) = folder.glob("*.SAFE")
    times = StepTimes()

    def once(target: Path, area: tuple[float, float, float, float] | None = None) -> None:
        make_backscatter(
            safe,
            dem=folder / "dem.tif",
            orbit=None,
            target=target,
            datum=VerticalDatum.ELLIPSOID,
            area=area,
            times=times,
            **options,
        )

    once(out / "warm", (9.49, 55.995, 9.51, 56.005))
    times.seconds.clear()
    cpu, wall = time.process_time(), time.perf_counter()
    once(out / "whole")
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Made(cpu, wall, peak_memory_mb(), times.seconds)


if __name__ == "__main__":
    print(json.dumps(asdict(_make(Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])))))
