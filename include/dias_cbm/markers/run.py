"""One run of the markers of a season: the blocks that are due, in one transaction."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection, compute_within
from dias_cbm.db.locks import Lock, hold
from dias_cbm.errors import MarkerError
from dias_cbm.markers import due, reading, registry, writing
from dias_cbm.markers.answers import cards_of, check, left_open
from dias_cbm.markers.due import Plan
from dias_cbm.markers.marker import Needs
from dias_cbm.markers.series import ParcelSeries
from dias_cbm.seasons import Season

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]

#: NDVI below which a look at the ground is none: cloud, water or snow.
NDVI_FLOOR = 0.1
_LOG_EVERY_S = 30.0


@dataclass(slots=True)
class MarkerReport:
    """What one marker answered.

    :param run: id in ``marker_run``.
    :param states: parcels by status, then by reason; ``none`` without a reason.
    """

    marker: str
    version: str
    run: int
    parcels: int = 0
    events: int = 0
    states: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(slots=True)
class RunReport:
    """Result of a run; without markers nothing was due.

    :param blocks: with changed inputs.
    :param parcels: of these blocks.
    """

    season: str
    blocks: int
    parcels: int
    seconds: float
    markers: list[MarkerReport]


def run(
    connection: Connection,
    season: Season,
    names: Iterable[str] | None = None,
    *,
    today: date | None = None,
    everything: bool = False,
    progress: Progress | None = None,
) -> RunReport:
    """Answer for every parcel whose inputs changed, and store the answers; commits.

    Run again with nothing new, it does nothing. Killed at any point, it leaves nothing.

    :param names: of markers; all if None.
    :param today: first day of which nothing can be known; the current one in UTC if None.
    :param everything: also blocks whose inputs have not changed.
    :param progress: called with blocks done and blocks due.
    :raises MarkerError: a marker is unknown, fails or breaks its contract; nothing is stored.
    :raises NotEnoughData: the season has no parcels.
    """
    began = time.monotonic()
    with connection.transaction():
        compute_within(connection)
        hold(connection, Lock.MARKERS, season.id)
        markers = registry.chosen(names)
        plan = due.plan(connection, season, markers, today=today, everything=everything)
        reports = _answer(connection, plan, progress or _Logged()) if plan.work else []
    connection.commit()
    seconds = round(time.monotonic() - began, 2)
    return RunReport(season.name, len(plan.blocks), plan.parcels, seconds, reports)


def _answer(connection: Connection, plan: Plan, progress: Progress) -> list[MarkerReport]:
    runs = [writing.add_run(connection, plan, work) for work in plan.work]
    reports = [
        MarkerReport(work.marker.name, work.marker.version, one)
        for work, one in zip(plan.work, runs, strict=True)
    ]
    counts: list[Counter[Any]] = [Counter() for _ in runs]
    writer = writing.Writer(connection, plan.season.id)
    needs = reduce(or_, (work.marker.needs for work in plan.work), Needs(frozenset(["NDVI"])))
    options = settings()
    blocks = reading.blocks(
        connection,
        plan.season,
        plan.blocks,
        needs,
        clear_classes=options.extraction.clear_classes,
        median=options.markers.statistic == "p50",
    )
    for done, block in enumerate(blocks, start=1):
        facts = plan.inputs[block.blk]
        source = writing.add_input(
            connection,
            plan.season.id,
            facts,
            block.series.optical.days,
            clear_looks(block.series, options.markers.minimum_clear),
            block.place,
        )
        missing = {one.card for one in facts.missing}
        for work, report, count in zip(plan.work, reports, counts, strict=True):
            if block.blk not in work.blocks:
                continue
            try:
                states, events = work.marker.run(block.series, plan.window, work.parameters)
            except Exception as error:
                raise MarkerError(
                    f"failed in block {block.blk}: {type(error).__name__}: {error}",
                    subject=f"{work.marker.name} {work.marker.version}",
                    hint="nothing was stored",
                ) from error
            check(work.marker, len(block.series), states, events)
            states = left_open(states, plan.window, missing & cards_of(work.marker.needs))
            writer.add(report.run, block.blk, source, block.place, states, events)
            count.update(writing.counts(states))
            report.parcels += len(states)
            report.events += len(events)
        progress(done, len(plan.blocks))
    writer.flush()
    for report, count in zip(reports, counts, strict=True):
        for (status, reason), number in sorted(count.items(), key=str):
            report.states.setdefault(status, {})[reason or "none"] = number
    return reports


def clear_looks(series: ParcelSeries, minimum_clear: float) -> Any:
    """The looks by which gaps are judged: clear, and with NDVI where it is stored not below 0.1.

    :returns: bool[n, D].
    """
    floor = NDVI_FLOOR if "NDVI" in series.optical.values else None
    return series.optical.looks(minimum_clear, 1, floor)


class _Logged:
    """Logs the progress now and then."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, done: int, due_blocks: int) -> None:
        now = time.monotonic()
        if now - self._last > _LOG_EVERY_S:
            self._last = now
            log.info("%d of %d blocks", done, due_blocks)
