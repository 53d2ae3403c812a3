"""CARD-COH6 made here: burst pairs of full size in both polarisations, from SAFE to GeoTIFF.

The images hold noise and the terrain hills: the work does not depend on their content. Every
product is made in a process of its own, whose peak memory is measured too, after a small pair to
warm up. Two cores have a product of six bursts: a whole pair has 27, and what happens once in a
product counts less there. eos-sar, where it is installed, has a part of one burst in one
polarisation.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bench import Bench
from benchmarks.eos_annotation import complete
from benchmarks.report import Row, Table
from benchmarks.two_cores import ROUNDS, gains
from dias_cbm.card.sar.annotation import read_annotation
from dias_cbm_lab.evidence.coherence_study import hills, write_dem
from dias_cbm_lab.level1.slc_annotation import Pass, Swath, annotation, displaced
from dias_cbm_lab.level1.slc_products import annotation_file, write_annotations, write_image

_POLARISATIONS = ("VV", "VH")
_SMALL = Swath("IW1", bursts=1, lines=300, samples=1500)
_FULL = Swath("IW1", bursts=1, lines=1507, samples=23_055, invalid=(20, 240), cycle=1342)
#: What two cores share, of the widest sub-swath: while a burst is laid on the map, the next begins.
_SHARED = replace(_FULL, name="IW2", lines=1519, samples=26_818, bursts=6)
#: What eos-sar, which holds everything in memory, is given.
_PART = replace(_FULL, samples=4000)
#: Pixels of a product in one polarisation: nine bursts of a real IW1, IW2 and IW3.
_PRODUCT_PIXELS = 9 * (1507 * 23_055 + 1519 * 26_818 + 1513 * 24_500)
_AIM_MINUTES, _MOST_MEGABYTES, _LEAST_GAIN = 4.5, 1000.0, 1.8
#: That of Copernicus DEM, in degrees.
_TERRAIN_PIXEL = 1 / 3600


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Speed, what its steps take, the estimate for a whole pair, memory, two cores, and a peer."""
    folder = bench.cache / "coherence"
    full, shared = (_SMALL, _SMALL) if bench.quick else (_FULL, _SHARED)
    _write(folder / "small", _SMALL)
    _write(folder / "measured", full)
    _write(folder / "shared", shared)
    one = _processed(folder, "measured", ["1"])[0]
    # In turns, so that what else the machine does meets all alike.
    rounds = [
        [_processed(folder, "shared", how) for how in (["1"], ["2"], ["1", "1"])]
        for _ in range(1 if bench.quick else ROUNDS)
    ]
    rows = [*_speed(one, full), _memory(rounds), *_two_cores(rounds)]
    if _has_eos():
        rows.append(_beside_eos(folder, _SMALL if bench.quick else _PART))
    shutil.rmtree(folder)
    steps = [(name, round(seconds, 3)) for name, seconds in one["steps"].items()]
    rest = "everything else", round(one["cpu_s"] - sum(one["steps"].values()), 3)
    return rows, [Table("CARD-COH6, one burst pair by steps", ("step", "CPU s"), [*steps, rest])]


def _has_eos() -> bool:
    try:
        metadata.distribution("eos-sar")
    except metadata.PackageNotFoundError:
        return False
    return True


def _speed(one: dict[str, Any], swath: Swath) -> list[Row]:
    rate = _pixels(swath) / 1e6 / one["cpu_s"]
    whole = _PRODUCT_PIXELS * len(_POLARISATIONS) / 1e6 / rate / 60
    how = f"one burst of {swath.lines} x {swath.samples} in two polarisations"
    return [
        Row("coherence_rate", "coherence: SLC pixels per CPU second", rate, "Mpx/s", note=how),
        Row(
            "coherence_pair",
            "coherence: a whole pair on one core, extrapolated",
            whole,
            "min",
            aim=_AIM_MINUTES,
            least=False,
            note=f"27 bursts, {_PRODUCT_PIXELS / 1e6:.0f} Mpx a polarisation, at that rate",
            details=one,
        ),
    ]


#: Of each round what processes measured: one thread, two threads, two products at a time.
Rounds = list[list[list[dict[str, Any]]]]


def _memory(rounds: Rounds) -> Row:
    one, two = (max(each[how][0]["peak_mb"] for each in rounds) for how in (0, 1))
    return Row(
        "coherence_memory",
        "coherence: peak memory of a process, six bursts",
        one,
        "MB",
        _MOST_MEGABYTES,
        least=False,
        note=f"{two:.0f} MB with two threads",
    )


def _two_cores(rounds: Rounds) -> list[Row]:
    by_threads, by_products = gains(
        [
            (one[0]["wall_s"], two[0]["wall_s"], max(each["wall_s"] for each in apart))
            for one, two, apart in rounds
        ]
    )
    return [
        Row(
            "coherence_threads",
            "coherence: one product by two threads against one",
            by_threads,
            "x",
            _LEAST_GAIN,
            note="six bursts; wall time, so only on two cores that do nothing else; medians",
            details={"rounds": [[each[0][0], each[1][0]] for each in rounds]},
        ),
        Row(
            "coherence_two",
            "coherence: two products at a time against one after the other",
            by_products,
            "x",
            _LEAST_GAIN,
            note="wall time likewise, a process each",
            details={"rounds": [each[2] for each in rounds]},
        ),
    ]


def _beside_eos(folder: Path, swath: Swath) -> Row:
    """CPU time of eos-sar over ours, of a part of the burst in one polarisation."""
    part = folder / "part"
    _write(part, swath, _POLARISATIONS[:1])
    for file in part.glob("*/*.SAFE/annotation/*.xml"):
        complete(file)
    ours = _processed(folder, "part", ["1"])[0]["cpu_s"]
    theirs = _processed(folder, "part", ["eos"])[0]["cpu_s"]
    return Row(
        "coherence_eos_sar",
        "coherence against eos-sar",
        theirs / ours,
        "x",
        note=f"CPU time of {swath.lines} x {swath.samples} in one polarisation;"
        " ours to a product on the map, theirs in radar geometry",
        details={"ours_cpu_s": ours, "theirs_cpu_s": theirs},
    )


def _pixels(swath: Swath) -> int:
    return swath.lines * swath.samples * len(_POLARISATIONS)


def _write(folder: Path, swath: Swath, polarisations: tuple[str, ...] = _POLARISATIONS) -> None:
    """A pair of noise and its terrain model."""
    shutil.rmtree(folder, ignore_errors=True)
    rng = np.random.default_rng(1)
    for date, orbit, aside in (("2021-04-07", 37361, 0.0), ("2021-04-01", 26290, 150.0)):
        satellite = "S1A" if aside == 0 else "S1B"
        one = Pass(np.datetime64(f"{date}T05:30:00"), orbit, 9.5, 56.2, satellite=satellite)
        made = {
            (swath.name, band): displaced(annotation(one, swath, band), aside, 0.43)
            for band in polarisations
        }
        product = folder / ("reference" if aside == 0 else "secondary")
        product.mkdir(parents=True)
        root = write_annotations(product, made)
        for band in polarisations:
            file = annotation_file(root, swath.name, band)
            noise = 150 * rng.standard_normal((swath.lines, swath.samples, 2), np.float32)
            path = root / "measurement" / f"{file.stem}.tiff"
            burst = noise.round().view(np.complex64)[..., 0]
            write_image(path, np.tile(burst, (swath.bursts, 1)))
    grid = read_annotation(file).grid
    bounds = (
        grid.longitude.min() - 0.1,
        grid.latitude.min() - 0.1,
        grid.longitude.max() + 0.1,
        grid.latitude.max() + 0.1,
    )
    write_dem(folder / "dem.tif", hills, bounds, _TERRAIN_PIXEL)


def _processed(folder: Path, pair: str, how: list[str]) -> list[dict[str, Any]]:
    """What processes measured that work at the same time.

    :param how: of each: a number of threads, or ``eos``.
    """
    command = [sys.executable, "-m", "benchmarks.coherence_process", str(folder), pair]
    # As workers have it: NumPy's threads would only wait for each other.
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    running = [
        subprocess.Popen(
            [*command, one, str(number)], stdout=subprocess.PIPE, text=True, env=environment
        )
        for number, one in enumerate(how)
    ]
    printed = [process.communicate()[0] for process in running]
    for process in running:
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, process.args)
    return [json.loads(text.splitlines()[-1]) for text in printed]
