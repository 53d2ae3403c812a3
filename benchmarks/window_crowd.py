"""Twenty inspectors who click for five minutes, beside an extraction that runs all the while."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event
from threading import Lock
from typing import Any

from benchmarks import campaign, ground
from benchmarks.bench import Bench
from benchmarks.window_visitor import Visitor
from benchmarks.window_visits import Places, Visits
from dias_cbm.db.connection import Connection
from dias_cbm.ledger import Unit

INSPECTORS = 20
#: Between two clicks an inspector reads: some seconds, at random.
_READS_S = (5.0, 15.0)
_STARTS, _ENDS = date(2018, 1, 1), date(2018, 12, 31)
#: More scenes than are extracted in five minutes.
_SCENES = 1_200


@dataclass(slots=True)
class Crowd:
    """What the inspectors met.

    :param took: milliseconds by kind of click.
    :param errors: what went wrong, in words.
    :param records: that were extracted beside them.
    """

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    records: int = 0


def clicks(visits: Visits) -> Mapping[str, tuple[float, Callable[[Visitor], float]]]:
    """Kinds of clicks: how often, and what they ask; each returns milliseconds."""

    def work(visitor: Visitor) -> float:
        return visitor.ask(visits.work(visits.list_query())).milliseconds

    def tiles(visitor: Visitor) -> float:
        zoom = visits.chance.randint(11, 14)
        return max(one.milliseconds for one in visitor.each(visits.tile(zoom) for _ in range(6)))

    return {
        "season": (0.1, lambda visitor: visitor.page(*visits.season())),
        "parcel": (0.4, lambda visitor: visitor.page(*visits.parcel())),
        "work": (0.2, work),
        "tile": (0.15, tiles),
        "decision": (0.05, lambda visitor: visitor.ask(visits.decision()).milliseconds),
        "chip": (0.1, lambda visitor: visitor.ask(visits.chip()).milliseconds),
    }


def run(
    bench: Bench, connection: Connection, address: str, places: Places, seconds: float
) -> Crowd:
    """Let them click."""
    crowd, lock = Crowd(), Lock()

    def inspector(number: int) -> None:
        visitor, chance = Visitor(address), random.Random(number)
        kinds = clicks(Visits(places, chance))
        weights = [often for often, _ in kinds.values()]
        ends = time.monotonic() + seconds
        shortest, longest = (0.0, 1.0) if bench.quick else _READS_S
        while True:
            time.sleep(chance.uniform(shortest, longest))
            if time.monotonic() > ends:
                break
            (kind,) = chance.choices(list(kinds), weights)
            try:
                took = kinds[kind][1](visitor)
            except Exception as error:  # every error counts, whatever it is
                with lock:
                    crowd.errors.append(f"{kind}: {error!r}"[:300])
                continue
            with lock:
                crowd.took[kind].append(took)
        visitor.close()

    with _extraction(bench, connection) as done, ThreadPoolExecutor(INSPECTORS) as threads:
        list(threads.map(inspector, range(INSPECTORS)))
        crowd.records = done()
    return crowd


@contextmanager
def _extraction(bench: Bench, connection: Connection) -> Iterator[Callable[[], int]]:
    """Extract scenes of another season, one after another, until the end; ``done()`` counts."""
    work = bench.small_tile()
    ground.open_season(connection, work, "beside-2018", _STARTS, _ENDS)
    place = f"/eodata/{work.scenes[0].relative_to(bench.cache)}"
    planned = ground.add_scenes(
        connection, work, [place] * _SCENES, ground.spread(_STARTS, _SCENES, 360)
    )
    context = multiprocessing.get_context("spawn")
    stop, records = context.Event(), context.Value("q", 0)
    process = context.Process(target=_extract, args=(planned, stop, records), daemon=True)
    process.start()
    try:
        _wait(process, records)
        before = int(records.value)
        yield lambda: int(records.value) - before
        if not process.is_alive():
            raise RuntimeError("the extraction beside the crowd has ended before it")
    finally:
        stop.set()
        process.join()


def _wait(process: SpawnProcess, records: Any) -> None:
    """Wait for the first scene: until then a process compiles.

    :raises RuntimeError: it has ended.
    """
    while not records.value:
        if not process.is_alive():
            raise RuntimeError("there is no extraction beside the crowd")
        time.sleep(0.1)


def _extract(planned: Sequence[Sequence[Unit]], stop: Event, records: Any) -> None:
    for units in planned:
        if stop.is_set():
            return
        report = campaign.observe(list(units))
        if report.problems:
            raise RuntimeError(report.problems[0])
        records.value += report.records
