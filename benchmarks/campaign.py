"""A campaign: many scenes, several processes, with the same steps as the tasks of the DAGs.

A job is one scene: every unit is claimed and extracted, then the windows that the scene touches are
averaged. Processes share nothing but the database and the files.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

from benchmarks.measure import local_backend, measured
from benchmarks.peak import peak_memory_mb
from dias_cbm.db.connection import Connection, connect
from dias_cbm.extraction.report import Outcome
from dias_cbm.ledger import Unit
from dias_cbm.pipeline import day


@dataclass(frozen=True, slots=True)
class JobReport:
    """Times of one scene, in seconds.

    :param cpu: of the process and its backend.
    :param extraction: wall time of extracting its units; ``means`` of averaging.
    :param means_written: parcel means written, each window again for every scene that touches it.
    :param peak_mb: peak memory of the process so far.
    :param problems: units that did not end as they should.
    """

    obsid: int
    worker: int
    records: int
    means_written: int
    cpu: float
    cpu_server: float
    extraction: float
    means: float
    peak_mb: float
    problems: tuple[str, ...] = ()


def run_jobs(
    scenes: Sequence[Sequence[Unit]], processes: int, files: Sequence[str] = ()
) -> Iterator[JobReport]:
    """Process scenes with several processes; yields reports in the order in which they end.

    :param scenes: the units of each scene.
    :param files: the raster of each scene, to be dropped from the page cache before it is read.
    """
    # Not forked: each process has its own connections and compiled code, as in a task.
    context = multiprocessing.get_context("spawn")
    cold = list(files) or [""] * len(scenes)
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin) as pool:
        jobs = [
            pool.submit(observe, list(units), file)
            for units, file in zip(scenes, cold, strict=True)
        ]
        for job in as_completed(jobs):
            yield job.result()


_connection: Connection | None = None


def _begin() -> None:
    global _connection
    _connection = connect(application=f"campaign {os.getpid()}")


def observe(units: list[Unit], cold: str = "") -> JobReport:
    """One scene: extract its units, then average what they touch.

    :param units: all of one scene.
    :param cold: a file to drop from the page cache first; empty for none.
    """
    if cold:
        _forget(cold)
    if _connection is None:
        _begin()
    connection = _connection
    if connection is None:
        raise RuntimeError("no connection")
    worker = f"campaign-{os.getpid()}"
    problems: list[str] = []
    seconds = {"extraction": 0.0, "means": 0.0}
    means = 0

    def work() -> int:
        nonlocal means
        started = time.perf_counter()
        reports = day.extract(connection, units, worker)
        seconds["extraction"] = time.perf_counter() - started
        problems.extend(
            f"{unit}: {report.outcome}: {report.why}"
            for unit, report in reports
            if report.outcome not in (Outcome.EXTRACTED, Outcome.NO_PARCELS)
        )
        means = sum(day.average(connection, {unit.obsid for unit in units}).values())
        seconds["means"] = time.perf_counter() - started - seconds["extraction"]
        return sum(report.records for _, report in reports)

    sample = measured(work, [local_backend(connection)])
    return JobReport(
        obsid=units[0].obsid,
        worker=os.getpid(),
        records=sample.records,
        means_written=means,
        cpu=sample.cost.cpu,
        cpu_server=sample.cost.server,
        peak_mb=peak_memory_mb(),
        problems=tuple(problems),
        **seconds,
    )


def _forget(path: str) -> None:
    """Drop a file's pages from the page cache, so that it is read from the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(handle)
