"""A day of observation: the chain from the catalogue to five-day means, in order of its steps.

In Airflow each step is a task with its own connection; :func:`run_day` runs them all on one. Each
step commits, and has the same result when it is run again.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from dias_cbm import ledger, seasons
from dias_cbm.card.plan import plan_products
from dias_cbm.cards import LONGEST_PAIR, PAIR_KINDS
from dias_cbm.catalogue.all_platforms import sync_everywhere
from dias_cbm.completeness.day import DayReport, await_day, close_day
from dias_cbm.completeness.scene_tiles import TOLERANCE
from dias_cbm.config.settings import settings
from dias_cbm.days import day_bounds
from dias_cbm.db.connection import Connection
from dias_cbm.db.one_of_many import one_of_many
from dias_cbm.db.queries import query
from dias_cbm.ledger import Unit
from dias_cbm.scenes import KIND_OF_CARD, SOURCE_OF_CARD, Card, Kind
from dias_cbm.seasons import Season

# Steps that only look or close, as in Airflow's triggerer, load no numerical library.
if TYPE_CHECKING:
    from dias_cbm.card.make import Outcome
    from dias_cbm.extraction.report import ExtractionReport

log = logging.getLogger(__name__)

_DAY = timedelta(days=1)
Item = TypeVar("Item")
Result = TypeVar("Result")


def run_day(
    connection: Connection,
    card: Card | str,
    day: date,
    worker: str,
    only: Collection[str] | None = None,
) -> DayRun:
    """Run a day of observation of one CARD product, as far as products are available; commits.

    :param day: in UTC.
    :param worker: name of the run; a later run of the same name takes over from a killed one.
    :param only: names of the seasons to look for and to close; None for all that are open.
    :returns: what was done. A day that still expects products is not closed.
    :raises CatalogueError: no platform that is searched gave a usable answer.
    """
    arrivals = look(connection, card, day, only)
    work = signatures(connection, arrivals.scenes, worker)
    closed = close(connection, card, day, only) if arrivals.complete else {}
    return DayRun(arrivals, work, closed)


def signatures(connection: Connection, scenes: Sequence[int], worker: str) -> Work:
    """Make, plan, extract and average scenes that a day or a recheck has found; commits.

    :param scenes: ids of CARD scenes.
    :param worker: as for :func:`run_day`.
    """
    products = make(connection, scenes)
    units = plan(connection, scenes)
    reports = extract(connection, units, worker)
    means = average(connection, scenes)
    return Work(products, reports, means)


def look(
    connection: Connection, card: Card | str, day: date, only: Collection[str] | None = None
) -> Arrivals:
    """Enter what the catalogues list for a day into the ledger, and check whether it is complete.

    Where an engine makes products, the products to make are entered too.

    :param day: in UTC.
    :param only: names of seasons; None for all that are open on the day.
    :raises CatalogueError: no platform that is searched gave a usable answer.
    """
    card = Card(card)
    start, end = day_bounds(day)
    awaited, scenes = {}, set()
    silent: set[str] = set()
    for season in _open_seasons(connection, day, only):
        for kinds, *window in _questions(season, card, start):
            silent |= set(sync_everywhere(connection, season, kinds, *window).silent)
        plan_products(connection, card, start, end)
        connection.commit()
        awaited[season.name] = await_day(connection, season, card, day)
        values = {"season": season.id, "card": card, "start": start, "end": end}
        scenes |= {row.id for row in connection.execute(query("pipeline/scenes_of_day"), values)}
    connection.commit()
    deadline = max((one.deadline for one in awaited.values()), default=end)
    lines = [f"{name}: {one.reason}" for name, one in awaited.items()]
    lines += [f"{platform} does not answer" for platform in sorted(silent)]
    waiting = bool(silent) and datetime.now(UTC) < deadline
    return Arrivals(
        seasons=list(awaited),
        scenes=sorted(scenes),
        complete=all(one.ready for one in awaited.values()) and not waiting,
        deadline=deadline,
        message="; ".join(lines),
        silent=sorted(silent),
        seconds=ledger.seconds_of_products(connection, sorted(scenes)),
    )


def within(
    connection: Connection, arrivals: Arrivals, card: Card | str, scene: int, *, alone: bool = False
) -> Arrivals:
    """Those of a day's scenes that are of the pass of one; nothing else is waited for.

    :param scene: its id.
    :param alone: of the one product only that this scene is, in all its versions.
    """
    values = {"scene": scene, "card": Card(card), "alone": alone, "tolerance": TOLERANCE}
    own = {row.id for row in connection.execute(query("pipeline/scenes_beside"), values)}
    kept = [one for one in arrivals.scenes if one in own]
    seconds = ledger.seconds_of_products(connection, kept)
    return replace(arrivals, scenes=kept, seconds=seconds, complete=True)


def make(connection: Connection, scenes: Iterable[int]) -> list[Outcome]:
    """Locate, fetch or make the product of each scene, validate it, and record it; commits.

    :raises Exception: what was raised for the first scene that could not be worked on, after all
        others have been.
    """
    from dias_cbm.card.make import make_card

    return _each(connection, scenes, lambda scene_id: make_card(connection, scene_id))


def plan(connection: Connection, scenes: Iterable[int]) -> list[Unit]:
    """Plan the units of each scene in the ledger: tile by tile, in every season; commits.

    :returns: units that are still to be done.
    """
    units = []
    # In one order, so that two runs cannot deadlock.
    for scene_id in sorted(scenes):
        with one_of_many(connection, f"scene {scene_id}", log):
            planned = ledger.plan_extractions(connection, scene_id)
            log.info("scene %d: %d units to extract", scene_id, len(planned))
            units += planned
    connection.commit()
    return units


def extract(
    connection: Connection, units: Iterable[Unit], worker: str
) -> list[tuple[Unit, ExtractionReport]]:
    """Extract the statistics of every parcel under the products, unit by unit; commits.

    :param worker: as for :func:`run_day`.
    :raises Exception: what was raised for the first unit that could not be worked on, after all
        others have been.
    """
    from dias_cbm.extraction.unit import extract as extract_unit

    return _each(connection, units, lambda unit: (unit, extract_unit(connection, unit, worker)))


def _each(
    connection: Connection, items: Iterable[Item], work: Callable[[Item], Result]
) -> list[Result]:
    """Work on all items; one that fails must not keep the next ones from being done."""
    done, failures = [], []
    for item in items:
        try:
            done.append(work(item))
        except Exception as failure:
            if connection.closed:
                raise
            log.exception("%s: failed, the others go on", item)
            connection.rollback()
            failures.append(failure)
    if failures:
        raise failures[0]
    return done


def average(connection: Connection, scenes: Iterable[int]) -> dict[str, int]:
    """Recompute the five-day windows that scenes fall into, in every season; commits.

    :returns: means written, by card.
    """
    from dias_cbm import averages

    groups: dict[tuple[int, str], list[int]] = defaultdict(list)
    for obsid in sorted(scenes):
        scene = ledger.get(connection, obsid)
        for season in seasons.on_day(connection, scene.obstime.astimezone(UTC).date()):
            groups[season.id, str(scene.card)].append(obsid)
    means: dict[str, int] = defaultdict(int)
    for (season_id, card), members in sorted(groups.items()):
        means[card] += averages.update(connection, season_id, card, obsids=members).means
    return dict(means)


def close(
    connection: Connection, card: Card | str, day: date, only: Collection[str] | None = None
) -> dict[str, DayReport]:
    """Record an end state for every expected pass of a day, or a gap with its cause; commits.

    :param only: names of seasons; None for all that are open on the day.
    :returns: reports by season name.
    """
    return {
        season.name: close_day(connection, season, card, day)
        for season in _open_seasons(connection, day, only)
    }


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Result of a look at the catalogues.

    :param seasons: names of the seasons that are open on the day.
    :param scenes: ids of the day's CARD scenes over them, in any state except superseded.
    :param complete: no season waits for anything more.
    :param deadline: end of waiting in the last of the seasons.
    :param message: a summary for the log.
    :param silent: platforms that did not answer, while another one did.
    :param seconds: expected until the product of each scene is ready.
    """

    seasons: list[str]
    scenes: list[int]
    complete: bool
    deadline: datetime
    message: str
    silent: Sequence[str] = ()
    seconds: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """Results of processing scenes.

    :param products: one per scene.
    :param extracted: one per unit.
    :param means: five-day means written, by card.
    """

    products: Sequence[Outcome]
    extracted: Sequence[tuple[Unit, ExtractionReport]]
    means: dict[str, int]

    @property
    def paused(self) -> bool:
        """Whether anything waits for a platform that does not answer."""
        outcomes = [one.outcome for one in self.products]
        return "paused" in [*outcomes, *(str(report.outcome) for _, report in self.extracted)]


@dataclass(frozen=True, slots=True)
class DayRun:
    """Results of a day of observation.

    :param closed: reports by season; empty when more is still expected.
    """

    arrivals: Arrivals
    work: Work
    closed: dict[str, DayReport]


def _open_seasons(connection: Connection, day: date, only: Collection[str] | None) -> list[Season]:
    found = seasons.on_day(connection, day)
    return found if only is None else [season for season in found if season.name in only]


def _questions(
    season: Season, card: Card, start: datetime
) -> list[tuple[tuple[Kind, ...], datetime, datetime]]:
    """The query to the catalogues: kinds, and a window of sensing time."""
    source, product = SOURCE_OF_CARD[card], KIND_OF_CARD[card]
    asked: list[tuple[tuple[Kind, ...], datetime, datetime]] = [
        ((source, product), start, start + _DAY)
    ]
    made_here = product in PAIR_KINDS and settings().engines(card) != ("ready",)
    if made_here and start.date() - season.starts < LONGEST_PAIR:
        # The earlier acquisitions of the season's first pairs were sensed before it starts.
        asked.append(((source,), start - LONGEST_PAIR, start))
    return asked
