"""Peak memory of the large scene: a process that does nothing else, interpreter included.

``zonal`` and ``coverage`` (exact shares of pixels) take all parcels of the scene at once, which is
more than any task does; ``extract`` does what a task does, tile by tile, with the parcels from the
database.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date

from benchmarks import ground
from benchmarks.bench import Bench
from benchmarks.generator import Work
from benchmarks.report import Row, Table
from dias_cbm.db.connection import connect

_STARTS, _ENDS = date(2018, 1, 1), date(2018, 12, 31)


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """The largest of the peaks."""
    work = bench.nation()
    with ground.scratch_database(bench.admin_url) as url:
        ground.plain_settings(url, work.folder)
        with connect(url) as connection:
            ground.open_season(connection, work, "bench-2018", _STARTS, _ENDS)
            times = ground.spread(_STARTS, 1, 1)
            ground.add_scenes(connection, work, [ground.location(work, work.scenes[0])], times)
        peaks = {name: _peak(name, work) for name in ("zonal", "coverage", "extract")}
    return [
        Row(
            "peak_memory",
            "peak memory of the large scene",
            max(peaks.values()),
            "MB",
            600,
            400,
            least=False,
            note=f"all {work.case.parcels:,} parcels at once {peaks['zonal']:.0f} MB,"
            f" by the coverage rule {peaks['coverage']:.0f} MB,"
            f" as tasks do {peaks['extract']:.0f} MB",
            details=peaks,
        )
    ], []


def _peak(name: str, work: Work) -> float:
    command = [sys.executable, "-m", "benchmarks.peak", name, str(work.folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ)
    return float(done.stdout.split()[-1])
