"""Reading: a parcel's full series through the analyst's view, and a season's feature matrix."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta

from benchmarks import blocks, ground
from benchmarks.bench import Bench
from benchmarks.generator import Work
from benchmarks.ground import CARD
from benchmarks.measure import Sample, local_backend, measured
from benchmarks.report import Row, Table, rate_of
from dias_cbm import averages
from dias_cbm.db.connection import Connection
from dias_cbm.outliers import features
from dias_cbm.seasons import Season

_STARTS = date(2018, 1, 1)

# As many observations of a parcel as the reference season has.
_OBSERVATIONS, _DAYS = 241, 365
_SERIES_PARCELS = 50

# For two bands: 90 features, and the means over 25 days that the model also uses.
_WINDOWS, _WINDOW_DAYS = 45, 5

_SERIES = (
    "select obsid, band, count, mean, std, min, max, p25, p50, p75"
    " from c6_signatures where season = %s and pid = %s"
)


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Wall time of a query for one parcel, and of a matrix of all parcels."""
    return [_series(bench), _matrix(bench)], []


def _series(bench: Bench) -> Row:
    """Time single parcels, in random order so that hardly two are in one block."""
    work = bench.small_tile()
    observations = 8 if bench.quick else _OBSERVATIONS
    with ground.scratch(bench, work) as connection:
        season = _season(connection, work, observations, _DAYS)
        _vacuum(connection)
        pids = random.Random(1).sample(range(1, work.case.parcels + 1), _SERIES_PARCELS)
        times = []
        for pid in pids:
            started = time.perf_counter()
            rows = connection.execute(_SERIES, (season.name, str(pid))).fetchall()
            times.append(1e3 * (time.perf_counter() - started))
            if len(rows) != observations * 2:
                raise RuntimeError(f"parcel {pid} has {len(rows)} records")
    return Row(
        "series",
        "a parcel's full-season series through the view, wall time",
        statistics.median(times),
        "ms",
        50,
        least=False,
        note=f"{observations} observations x 2 bands x 8 statistics, median of {len(times)}"
        f" parcels; slowest {max(times):.0f} ms",
        details={"ms": [round(one, 2) for one in times]},
    )


def _matrix(bench: Bench) -> Row:
    work = bench.tile()
    windows = 3 if bench.quick else _WINDOWS
    with ground.scratch(bench, work) as connection:
        season = _season(connection, work, windows, windows * _WINDOW_DAYS)
        averages.update(connection, season.id, CARD)
        _vacuum(connection)
        backend = local_backend(connection)
        samples = [measured(_load(connection, season), [backend]) for _ in range(bench.rounds)]
        columns = features.load(connection, season.id).layout.columns
    return Row(
        "feature_matrix",
        "feature matrix out of five-day means, wall time",
        statistics.median(one.cost.wall for one in samples),
        "s",
        1.5,
        1,
        least=False,
        note=f"{work.case.parcels:,} parcels x {windows} windows x 2 bands, as the model gets it:"
        f" {columns} columns; {_cpu(samples):.2f} s of CPU",
        details=rate_of(samples),
    )


def _load(connection: Connection, season: Season) -> Callable[[], int]:
    return lambda: features.load(connection, season.id).values.size


def _cpu(samples: list[Sample]) -> float:
    return statistics.median(one.cost.cpu for one in samples)


def _season(connection: Connection, work: Work, scenes: int, days: int) -> Season:
    """A season of one orbit direction with signatures of every scene."""
    ends = _STARTS + timedelta(days=days - 1)
    season = ground.open_season(connection, work, "bench-2018", _STARTS, ends)
    locations = [ground.location(work, work.scenes[0])] * scenes
    times = ground.spread(_STARTS, scenes, days)
    ground.add_scenes(connection, work, locations, times, directions="A")
    layout = blocks.layout(connection, season.id)
    for obsid in range(1, scenes + 1):
        blocks.write(connection, season.id, obsid, blocks.values(work.case.parcels, obsid), layout)
    return season


def _vacuum(connection: Connection) -> None:
    connection.autocommit = True
    connection.execute("vacuum analyze signature_block, five_day_mean_block")
    connection.autocommit = False
