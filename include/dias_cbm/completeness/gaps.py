"""The gap table: expected passes without signatures, each with cause, state and next check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from dias_cbm.completeness.assessment import Assessment, asked, assess, judge, limits_of
from dias_cbm.completeness.causes import FINAL, Verdict
from dias_cbm.completeness.expected import ExpectedPass
from dias_cbm.completeness.policy import policy_of
from dias_cbm.completeness.retries import due
from dias_cbm.completeness.scene_tiles import TOLERANCE, bounds, measure_clear
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.locks import Lock, hold
from dias_cbm.db.queries import query
from dias_cbm.scenes import Card, Cause
from dias_cbm.seasons import Season

__all__ = ["Gap", "GapReport", "State", "due", "refresh", "rows", "state_of"]


class State(StrEnum):
    """State of a gap."""

    PENDING = "pending"
    LATE = "late"
    MISSING = "missing"
    RECOVERED = "recovered"
    CONFIRMED = "confirmed"

    @property
    def is_open(self) -> bool:
        """Whether the platform is still asked for it."""
        return self not in (State.RECOVERED, State.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Gap:
    """One row of the gap table.

    :param expected_at: when the pass should have been sensed.
    :param parcels: parcels of the tile that the pass, or its missing part, would have covered.
    :param obsid: the scene it is about, or that recovered it.
    :param blocks: blocks of these parcels; None when they are not known.
    """

    id: int
    season: int
    card: Card
    satellite: str
    rel_orbit: int
    direction: str | None
    tile: str
    expected_at: datetime
    cause: Cause
    evidence: str
    state: State
    parcels: int
    found_at: datetime
    checked_at: datetime
    attempts: int
    next_check: datetime | None
    closed_at: datetime | None
    obsid: int | None
    blocks: list[int] | None = None


@dataclass
class GapReport:
    """The result of a refresh.

    :param expected: passes over a tile that should be there by now.
    :param found: of these, passes that are processed.
    :param new: ids of gaps recorded for the first time, or opened again.
    :param recovered: ids of gaps closed because their pass came in.
    :param confirmed: ids of gaps closed because nothing more will come.
    :param open_by_cause: gaps still open.
    :param not_run: passes on days that no run has reached yet; they are not judged.
    """

    expected: int = 0
    found: int = 0
    new: list[int] = field(default_factory=list)
    recovered: list[int] = field(default_factory=list)
    confirmed: list[int] = field(default_factory=list)
    open_by_cause: dict[str, int] = field(default_factory=dict)
    not_run: int = 0


def rows(connection: Connection, season: Season, *, only_open: bool = False) -> list[Gap]:
    """The gaps of a season in order of time."""
    values = {"season": season.id, "only_open": only_open}
    found = connection.execute(query("completeness/gaps"), values)
    return [
        Gap(
            **row._asdict()
            | {"card": Card(row.card), "cause": Cause(row.cause), "state": State(row.state)}
        )
        for row in found
    ]


def refresh(
    connection: Connection,
    season: Season,
    now: datetime | None = None,
    *,
    card: Card | None = None,
    day: date | None = None,
) -> GapReport:
    """Compare what was expected with what is extracted, record the gaps, and commit.

    Rows are never deleted. A second run changes nothing; concurrent runs wait for each other.

    :param now: instead of the present; aware UTC.
    :param card: only this card's passes.
    :param day: only passes of this day (UTC).
    """
    hold(connection, Lock.GAPS, season.id)
    measure_clear(connection, season)
    now = now or datetime.now(UTC)
    assessment = assess(connection, season, now, card=card, day=day)
    refreshing = _Refresh(connection, season, now)
    # A pass at midnight may have been recorded under the other day, so all gaps are known here.
    known = _Known(rows(connection, season))
    for judged in assessment.judged:
        refreshing.settle(judged.expected, judged.verdict, known.take(judged.expected))
    for gap in known.left():
        if gap.state.is_open and asked(gap.card, gap.expected_at, card, day):
            refreshing.review(gap, assessment)
    report = refreshing.report
    report.not_run = sum(len(passes) for passes in assessment.not_run.values())
    connection.commit()
    return report


def state_of(
    verdict: Verdict,
    expected_at: datetime,
    found_at: datetime,
    now: datetime,
    *,
    latency: timedelta,
    give_up: timedelta,
) -> State:
    """The state of a gap: by its age, unless it is closed.

    :param latency: usual time from sensing to publication.
    :param give_up: how long after it was found a gap is given up.
    """
    if verdict.satisfied:
        return State.RECOVERED
    if verdict.cause in FINAL or now - found_at >= give_up:
        return State.CONFIRMED
    if now - expected_at < latency:
        return State.PENDING
    return State.LATE if now - expected_at < 2 * latency else State.MISSING


class _Known:
    """The gaps already recorded, searchable by pass.

    The expected time of a pass shifts by seconds as more of its scenes are seen. A recorded gap
    keeps its first expected time and is matched within the tolerance of one pass.
    """

    def __init__(self, gaps: Iterable[Gap]) -> None:
        self._gaps: dict[tuple[Any, ...], list[Gap]] = {}
        for gap in gaps:
            key = (gap.card, gap.satellite, gap.rel_orbit, gap.tile)
            self._gaps.setdefault(key, []).append(gap)

    def take(self, expected: ExpectedPass) -> Gap | None:
        """Remove and return the gap of a pass; None if it has none."""
        key = (expected.card, expected.satellite, expected.rel_orbit, expected.tile)
        candidates = self._gaps.get(key, [])
        for gap in candidates:
            if abs(gap.expected_at - expected.at) <= TOLERANCE:
                candidates.remove(gap)
                return gap
        return None

    def left(self) -> list[Gap]:
        """Gaps of passes that are no longer expected."""
        return [gap for gaps in self._gaps.values() for gap in gaps]


class _Refresh:
    """One refresh of a season's gaps: writes them and counts them."""

    def __init__(self, connection: Connection, season: Season, now: datetime) -> None:
        self.report = GapReport()
        self._connection = connection
        self._season = season
        self._now = now
        self._settings = settings()
        self._limits = limits_of(now)
        self._parcels = _parcels_of_blocks(connection, season)

    def settle(self, expected: ExpectedPass, verdict: Verdict, gap: Gap | None) -> None:
        """Count an expected pass, and record its gap if it has one or had one."""
        self._tally(verdict)
        if gap is not None or not verdict.satisfied:
            kept = gap.blocks if gap is not None and verdict.satisfied else None
            blocks = sorted(kept or verdict.hole or expected.blocks)
            self._record(expected, verdict, gap, blocks)

    def review(self, gap: Gap, assessment: Assessment) -> None:
        """Judge an open gap whose pass the sightings no longer predict; it must still be closed."""
        expected = ExpectedPass(
            gap.card, gap.satellite, gap.rel_orbit, gap.direction, gap.tile, gap.expected_at
        )
        window = bounds(self._season)
        limits = self._limits[gap.card]
        verdict = judge(expected, assessment.sightings, limits, window, assessment.plans)
        self._tally(verdict)
        self._record(expected, verdict, gap, gap.blocks or [])

    def _tally(self, verdict: Verdict) -> None:
        """Count a pass; one that was never planned is not expected."""
        self.report.expected += verdict.cause is not Cause.NOT_PLANNED
        self.report.found += verdict.satisfied

    def _record(
        self, expected: ExpectedPass, verdict: Verdict, gap: Gap | None, blocks: list[int]
    ) -> None:
        """Write a gap if it is new or something about it has changed."""
        # A gap that opens again counts as new for giving it up.
        reopened = gap is not None and gap.state is State.RECOVERED and not verdict.satisfied
        found_at = self._now if gap is None or reopened else gap.found_at
        state = state_of(
            verdict,
            expected.at,
            found_at,
            self._now,
            latency=self._settings.latency(expected.card),
            give_up=self._settings.give_up(expected.card),
        )
        if state.is_open:
            counts, cause = self.report.open_by_cause, str(verdict.cause)
            counts[cause] = counts.get(cause, 0) + 1
        values = _values(expected, verdict, gap, state, self._now)
        values |= {
            "season": self._season.id,
            "parcels": sum(self._parcels.get(block, 0) for block in blocks),
            "blocks": blocks,
            "found_at": found_at,
        }
        if gap is not None and all(getattr(gap, name) == value for name, value in values.items()):
            return
        row = self._connection.execute(query("completeness/gap_upsert"), values).fetchone()
        if row is None:
            raise RuntimeError(f"a gap of {expected} was neither inserted nor updated")
        self._count(row.id, state, None if gap is None else gap.state)

    def _count(self, gap_id: int, state: State, before: State | None) -> None:
        if state is before:
            return
        if state is State.RECOVERED:
            self.report.recovered.append(gap_id)
        elif state is State.CONFIRMED:
            self.report.confirmed.append(gap_id)
        elif before is None or not before.is_open:
            self.report.new.append(gap_id)


def _values(
    expected: ExpectedPass, verdict: Verdict, gap: Gap | None, state: State, now: datetime
) -> dict[str, Any]:
    """Columns of a gap.

    A gap that is recovered, or about to be, keeps its cause; its evidence says what came.
    """
    known = gap.cause if gap else Cause.PENDING
    next_check = closed_at = None
    if state.is_open:
        wait = policy_of(verdict.cause or known).wait(0)
        next_check = (gap and gap.next_check) or now + wait
    else:
        closed_at = gap.closed_at if gap and gap.state is state else now
    return {
        "card": expected.card,
        "satellite": expected.satellite,
        "rel_orbit": expected.rel_orbit,
        "direction": expected.direction,
        "tile": expected.tile,
        "expected_at": gap.expected_at if gap else expected.at,
        "cause": known if verdict.cause in (None, Cause.PENDING) else verdict.cause,
        "evidence": verdict.evidence,
        "state": state,
        "next_check": next_check,
        "closed_at": closed_at,
        "obsid": verdict.obsid,
    }


def _parcels_of_blocks(connection: Connection, season: Season) -> Mapping[int, int]:
    found = connection.execute(query("completeness/block_parcels"), {"season": season.id})
    return {row.blk: row.parcels for row in found}
