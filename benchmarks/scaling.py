"""Scaling: time against parcels, scenes and processes."""

from __future__ import annotations

import statistics
import time
from datetime import date
from functools import partial

from benchmarks import ground, kernel
from benchmarks.bench import Bench
from benchmarks.campaign import JobReport, run_jobs
from benchmarks.generator import SRID, Work
from benchmarks.landscape import shifted_copies
from benchmarks.measure import measured
from benchmarks.report import Row, Table, rate_of
from dias_cbm.db.connection import connect
from dias_cbm.extraction.spans import build_spans
from dias_cbm.extraction.stream import zonal
from dias_cbm.geometry import FlatRings, flatten
from dias_cbm.products.open import Band

_STARTS, _ENDS = date(2018, 1, 1), date(2018, 12, 31)


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Tables of time against size."""
    work = bench.tile()
    rows, scenes = _scenes(bench, work)
    return [_spans(bench, work), *rows], [_parcels(bench, work), scenes]


def _spans(bench: Bench, work: Work) -> Row:
    """Spans of a nation's parcels on a grid, from coordinates in memory."""
    count = 5_000 if bench.quick else 560_000
    rings = flatten(shifted_copies(work.geometries(), count))
    case = work.case

    def lay() -> int:
        build_spans(rings, case.transform, case.width, case.height)
        return count

    lay()
    samples = [measured(lay) for _ in range(bench.rounds)]
    return Row(
        "spans",
        f"spans of {count:,} parcels on a scene's grid, CPU time",
        statistics.median(one.cost.cpu for one in samples),
        "s",
        3,
        1,
        least=False,
        note="coordinates in memory, in the scene's CRS; shifted copies of the same parcels",
        details=rate_of(samples),
    )


def _parcels(bench: Bench, work: Work) -> Table:
    """Spans and statistics of one uncompressed band against the number of parcels."""
    counts = (1_000, 2_000, 4_000) if bench.quick else (10_000, 30_000, 100_000, 300_000, 600_000)
    every = shifted_copies(work.geometries(), counts[-1])
    table = []
    bands = kernel.uncompressed_bands(work)
    zonal(flatten(every[:100]), SRID, bands[:1])
    for count in counts:
        rings = flatten(every[:count])
        best = min(
            measured(partial(_size_of, rings, bands[:1])).cost.cpu for _ in range(bench.rounds)
        )
        table.append((count, round(best, 3), round(1e6 * best / count, 2)))
    title = (
        f"time against parcels: an uncompressed band of {work.case.width:,} x"
        f" {work.case.height:,} pixels, spans and statistics"
    )
    return Table(title, ("parcels", "CPU s", "us per parcel"), table)


def _size_of(rings: FlatRings, bands: list[Band]) -> int:
    return zonal(rings, SRID, bands).pixels.shape[1]


def _scenes(bench: Bench, work: Work) -> tuple[list[Row], Table]:
    """Scenes from disk to five-day means, by one process and by two."""
    counts = (1, 3) if bench.quick else (2, 4, 8, 16)
    table = []
    walls: dict[tuple[int, int], float] = {}
    most = counts[-1]
    for processes, count in (*((1, count) for count in counts), (2, most)):
        wall, reports = _campaign(bench, work, count, processes)
        walls[processes, count] = wall
        cpu = sum(report.cpu for report in reports)
        records = sum(report.records for report in reports)
        table.append(
            (processes, count, round(cpu, 2), round(cpu / count, 2), round(wall, 2), records)
        )
    row = Row(
        "two_processes",
        f"two processes against one, {most} scenes from disk to five-day means, wall time",
        walls[1, most] / walls[2, most],
        "x",
        note="starting the processes included; a loaded machine shows in it",
    )
    columns = ("processes", "scenes", "CPU s", "CPU s per scene", "wall s", "records")
    title = f"time against scenes: {work.case.parcels:,} parcels x 2 bands each, from disk to means"
    return [row], Table(title, columns, table)


def _campaign(
    bench: Bench, work: Work, count: int, processes: int
) -> tuple[float, list[JobReport]]:
    with ground.scratch_database(bench.admin_url) as url:
        ground.plain_settings(url, work.folder)
        with connect(url) as connection:
            ground.open_season(connection, work, "bench-2018", _STARTS, _ENDS)
            locations = [ground.location(work, work.scenes[0])] * count
            times = ground.spread(_STARTS, count, 360)
            planned = ground.add_scenes(connection, work, locations, times)
        started = time.perf_counter()
        reports = list(run_jobs(planned, processes))
        wall = time.perf_counter() - started
    problems = [problem for report in reports for problem in report.problems]
    if problems:
        raise RuntimeError("; ".join(problems))
    return wall, reports
