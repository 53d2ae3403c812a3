"""Measurement: CPU time of this process and of its PostgreSQL backends, and the machine's state.

Ratios are of CPU time, because the wall clock also measures other load on the machine. Work that
PostgreSQL's background processes do later, such as writing pages back, is not counted.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
import rasterio

from benchmarks.bandwidth import memory_bandwidth

PACKAGES = (
    "exactextract", "geopandas", "numba", "numpy", "pandas", "psycopg", "psycopg2-binary",
    "rasterio", "rasterstats", "shapely",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU and wall time of some work, in seconds.

    :param client: CPU of this process.
    :param server: CPU of the PostgreSQL backends that it used.
    """

    client: float
    server: float
    wall: float

    @property
    def cpu(self) -> float:
        """CPU time of client and server together."""
        return self.client + self.server


@dataclass(frozen=True, slots=True)
class Sample:
    """Number of records that some work made, and its times."""

    records: int
    cost: Cost

    @property
    def microseconds(self) -> float:
        """CPU time per record."""
        return 1e6 * self.cost.cpu / self.records

    @property
    def rate(self) -> float:
        """Records per CPU second."""
        return self.records / self.cost.cpu


def measured(work: Callable[[], int], backends: Sequence[int] = ()) -> Sample:
    """Run some work that returns its number of records.

    :param backends: process ids of the PostgreSQL backends that work for it.
    """
    client, server, wall = time.process_time(), _cpu_of(backends), time.perf_counter()
    records = work()
    return Sample(
        records,
        Cost(
            time.process_time() - client,
            _cpu_of(backends) - server,
            time.perf_counter() - wall,
        ),
    )


def interleaved(
    rounds: int, contestants: Mapping[str, Callable[[int], Sample]]
) -> dict[str, list[Sample]]:
    """Run all in turn, round after round, so that the machine's load affects them alike.

    :param contestants: name -> what to run, given the number of the round.
    """
    samples: dict[str, list[Sample]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name, run in contestants.items():
            samples[name].append(run(number))
    return samples


def ratios(ours: Sequence[Sample], theirs: Sequence[Sample]) -> list[float]:
    """Ratio of their CPU time per record to ours, round by round."""
    return [b.microseconds / a.microseconds for a, b in zip(ours, theirs, strict=True)]


def median_rate(samples: Sequence[Sample]) -> float:
    """Median records per CPU second."""
    return statistics.median(sample.rate for sample in samples)


def local_backend(connection: psycopg.Connection[Any]) -> int:
    """The process id of a connection's backend, whose CPU time can be read here.

    :raises RuntimeError: the server runs elsewhere, or this is not Linux.
    """
    pid = connection.info.backend_pid
    command = Path(f"/proc/{pid}/comm")
    if not command.exists() or "postgres" not in command.read_text():
        raise RuntimeError("the benchmark needs a PostgreSQL on this machine, and Linux's /proc")
    return pid


def _cpu_of(pids: Sequence[int]) -> float:
    """CPU seconds of single-threaded processes, to the nanosecond if the kernel counts them."""
    total = 0.0
    for pid in pids:
        exact = Path(f"/proc/{pid}/schedstat")
        if exact.exists() and (nanoseconds := int(exact.read_text().split()[0])):
            total += nanoseconds / 1e9
        else:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def conditions(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    """The machine, its load and all versions that a result depends on."""
    row = connection.execute(
        "select version(), (select default_version from pg_available_extensions"
        " where name = 'postgis')"
    ).fetchone()
    if row is None:
        raise RuntimeError("the server says nothing about itself")
    settings = ("shared_buffers", "max_wal_size", "work_mem", "jit", "synchronous_commit", "fsync")
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gb_per_s": round(memory_bandwidth(), 1),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "load_average": os.getloadavg(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "gdal": rasterio.__gdal_version__,
        "postgresql": row[0].split(" (")[0],
        "postgis": row[1],
        "postgresql_settings": {name: _setting(connection, name) for name in settings},
    }


def _setting(connection: psycopg.Connection[Any], name: str) -> str:
    row = connection.execute("select current_setting(%s)", (name,)).fetchone()
    return "" if row is None else str(row[0])


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()
