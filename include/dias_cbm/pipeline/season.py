"""Run days of a season without Airflow: each day of each card in turn, then the proof.

The state is in the database, so a run may be killed at any moment and started again.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import psycopg

from dias_cbm import ledger
from dias_cbm.completeness import gaps, proof
from dias_cbm.completeness.proof import Proof
from dias_cbm.db.connection import Connection, one_moment
from dias_cbm.db.locks import beside, hold_named
from dias_cbm.db.queries import query
from dias_cbm.errors import CatalogueError, SeasonError, SettingsError
from dias_cbm.extraction.report import Outcome
from dias_cbm.ledger import Unit
from dias_cbm.pipeline.day import DayRun, run_day
from dias_cbm.scenes import Card, Status
from dias_cbm.seasons import Season
from dias_cbm.transport import outages

log = logging.getLogger(__name__)

#: How often work is retried that waits for a platform; the same as for a task of Airflow.
RETRIES = 4

#: How long to wait for another run to end. The server releases a killed run's locks after ten
#: seconds at most.
LOCK_PATIENCE = timedelta(seconds=15)

_LONGEST_WAIT = timedelta(minutes=5)
_DAY = timedelta(days=1)
_UNFINISHED_PRODUCTS = ("ordered", "offline", "paused")


class End(StrEnum):
    """Outcomes of the work on a day."""

    DONE = "done"
    #: Something is on order, offline, or claimed by another worker.
    WAITS = "waits"
    #: A platform does not answer, or the database has no room; tried again.
    PAUSED = "paused"
    #: More products are still expected; the day is not closed.
    NOT_OVER = "not over"
    #: A defect; its traceback is in the log.
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DayEnd:
    """One day of one card.

    :param reasons: why it is not done, a line each.
    :param scenes: CARD scenes of the day; superseded ones are left out.
    :param units: units extracted in this run.
    :param records: parcel x band values of these.
    :param means: five-day means written in this run.
    """

    card: Card
    day: date
    end: End
    reasons: Sequence[str] = ()
    scenes: int = 0
    units: int = 0
    records: int = 0
    means: int = 0

    def __str__(self) -> str:
        text = f"{self.card} {self.day}: {self.end}"
        if self.scenes:
            text += f"; {self.scenes} scenes, {self.units} units, {self.records:,} records"
        return "; ".join([text, *self.reasons])


@dataclass
class SeasonRun:
    """Result of a run over days of a season.

    :param skipped: days by card that were done before, or lie in the future.
    :param days: the others, each with its last outcome.
    """

    season: str
    first: date
    last: date
    cards: Sequence[Card]
    skipped: Counter[Card] = field(default_factory=Counter)
    days: dict[tuple[date, Card], DayEnd] = field(default_factory=dict)

    def add(self, end: DayEnd) -> None:
        """Record the outcome of a day; the numbers of earlier tries are added."""
        key = (end.day, end.card)
        if before := self.days.get(key):
            end = replace(
                end,
                units=end.units + before.units,
                records=end.records + before.records,
                means=end.means + before.means,
            )
        self.days[key] = end

    @property
    def unfinished(self) -> list[DayEnd]:
        """Days that are not done."""
        return [one for one in self.days.values() if one.end is not End.DONE]

    def summary(self) -> str:
        """The numbers, in one line."""
        ends = Counter(one.end for one in self.days.values())
        counts = ", ".join(f"{number} {end}" for end, number in sorted(ends.items())) or "none run"
        records = sum(one.records for one in self.days.values())
        skipped = sum(self.skipped.values())
        return f"days: {counts}; {skipped} already done; {records:,} records"


@dataclass(frozen=True, slots=True)
class SeasonRunner:
    """Runs the days of a season one after the other.

    :param cards: each a family of CARD products.
    :param last: last day, included.
    :param again: also run days that were done before.
    :param tell: shows progress to the user, one line at a time.
    :param sleep: waits for a platform.
    """

    connection: Connection
    season: Season
    cards: Sequence[Card]
    first: date
    last: date
    again: bool = False
    tell: Callable[[str], None] = log.info
    sleep: Callable[[float], None] = time.sleep

    def run(self, now: datetime | None = None) -> SeasonRun:
        """Run all days, then again those that waited for a platform or for room; commits.

        :param now: instead of the current time; aware UTC.
        :raises SeasonError: the days are not days of the season, or another run works on them.
        :raises SettingsError: a setting cannot be used.
        :raises psycopg.OperationalError: the database has gone away.
        """
        self._check_days()
        done = SeasonRun(self.season.name, self.first, self.last, self.cards)
        with self._alone():
            left = self._open_days(done, (now or datetime.now(UTC)).date())
            for attempt in range(RETRIES + 1):
                if attempt:
                    self._wait(len(left))
                for number, (day, card) in enumerate(left, start=1):
                    end = self._day(day, card)
                    self.tell(f"[{number}/{len(left)}] {end}")
                    done.add(end)
                left = [key for key, one in done.days.items() if one.end is End.PAUSED]
                if not left:
                    break
        return done

    def prove(self) -> Proof:
        """Update the season's gaps, and prove these days and cards complete from all sides."""
        gaps.refresh(self.connection, self.season)
        with one_moment(self.connection):
            return proof.prove(
                self.connection, self.season, cards=self.cards, first=self.first, last=self.last
            )

    def _check_days(self) -> None:
        if not self.season.starts <= self.first <= self.last <= self.season.ends:
            raise SeasonError(
                f"{self.first} to {self.last} are not days of the season",
                subject=self.season.name,
                hint=f"it observes from {self.season.starts} to {self.season.ends}",
            )

    def _open_days(self, done: SeasonRun, today: date) -> list[tuple[date, Card]]:
        """Days and cards to work on, in order of time."""
        number = (min(self.last, today) - self.first).days + 1
        days = [self.first + n * _DAY for n in range(number)]
        found = []
        for card in self.cards:
            values = {"season": self.season.id, "card": card}
            rows = self.connection.execute(query("pipeline/days_done"), values)
            before = set() if self.again else {row.day for row in rows}
            done.skipped[card] = len(before.intersection(days))
            found += [(day, card) for day in days if day not in before]
        self.connection.commit()
        if self.last > today:
            self.tell(f"the days after {today} are in the future")
        return sorted(found, key=lambda one: (one[0], self.cards.index(one[1])))

    def _day(self, day: date, card: Card) -> DayEnd:
        try:
            found = run_day(self.connection, card, day, self._worker(card), only=[self.season.name])
        except SettingsError:
            raise  # every other day would fail the same way
        except CatalogueError as error:
            self.connection.rollback()
            return DayEnd(card, day, End.PAUSED, [f"no catalogue answers: {error}"])
        except psycopg.errors.DiskFull as error:
            self.connection.rollback()
            reason = f"the database has no room: {str(error).partition(chr(10))[0]}"
            return DayEnd(card, day, End.PAUSED, [reason])
        except Exception as error:
            if self.connection.closed:
                raise
            self.connection.rollback()
            log.exception("%s of %s failed", card, day)
            return DayEnd(card, day, End.FAILED, [f"{type(error).__name__}: {error}"])
        return _ended(card, day, found, _reasons(self.connection, found))

    def _worker(self, card: Card) -> str:
        """The worker's name, the same in every run: a new run takes over a killed run's claims."""
        return f"cbm season run {self.season.name} {card}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Exclude a second run of the same season and card, which would use the same name.

        :raises SeasonError: another run is active.
        """
        names = sorted(self._worker(card) for card in self.cards)
        self.connection.commit()
        with beside(self.connection, "cbm season run, lock") as own:
            try:
                milliseconds = str(round(LOCK_PATIENCE.total_seconds() * 1000))
                own.execute("select set_config('lock_timeout', %s, true)", (milliseconds,))
                for name in names:
                    hold_named(own, name)
            except psycopg.errors.LockNotAvailable as error:
                raise SeasonError(
                    "another run is working on these days",
                    subject=self.season.name,
                    hint="wait until it ends, or run other cards",
                ) from error
            yield

    def _wait(self, days: int) -> None:
        """Sleep until the first of the unanswering platforms may be asked again.

        Without one, the days wait for room in the database.
        """
        now = datetime.now(UTC)
        held = outages.open_pauses(self.connection)
        self.connection.commit()
        until = min((pause.until for pause in held), default=now)
        wait = min(max(until - now, outages.FIRST), _LONGEST_WAIT)
        names = ", ".join(sorted({pause.platform for pause in held}))
        what = f"{names} does not answer" if names else "no platform or no room in the database"
        seconds = wait.total_seconds()
        self.tell(f"{what}: {days} days will be tried again in {seconds:.0f} s")
        self.sleep(seconds)


def _reasons(connection: Connection, found: DayRun) -> list[str]:
    """Why a day is not done, a line each."""
    reasons = [f"{platform} does not answer" for platform in found.arrivals.silent]
    reasons += [
        f"scene {one.scene_id} is {one.outcome}" + (f": {one.reason}" if one.reason else "")
        for one in found.work.products
        if one.outcome in _UNFINISHED_PRODUCTS
    ]
    for unit, report in found.work.extracted:
        if report.outcome is Outcome.PAUSED:
            reasons.append(f"{unit} is paused: {report.reason}")
        elif report.outcome is Outcome.TAKEN and _in_progress(connection, unit):
            reasons.append(f"{unit} is claimed by another worker")
    connection.commit()
    if not found.arrivals.complete:
        reasons.append(found.arrivals.message)
    return reasons


def _in_progress(connection: Connection, unit: Unit) -> bool:
    """Whether a unit that could not be claimed is in progress; else it is done or has failed."""
    return ledger.get(connection, unit.obsid).status is Status.INPROGRESS


def _ended(card: Card, day: date, found: DayRun, reasons: Sequence[str]) -> DayEnd:
    """The outcome of a day's run."""
    arrivals, work = found.arrivals, found.work
    if arrivals.silent or work.paused:
        end = End.PAUSED
    elif not arrivals.complete:
        end = End.NOT_OVER
    else:
        end = End.WAITS if reasons else End.DONE
    reports = [report for _, report in work.extracted]
    return DayEnd(
        card,
        day,
        end,
        reasons,
        scenes=len(arrivals.scenes),
        units=sum(report.outcome is Outcome.EXTRACTED for report in reports),
        records=sum(report.records for report in reports),
        means=sum(work.means.values()),
    )
