"""Retries of gaps: those that are due, and what asking the platforms again has found."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dias_cbm import ledger
from dias_cbm.completeness.expected import PAIR
from dias_cbm.completeness.policy import POLICIES, Failure, policy_of
from dias_cbm.completeness.scene_tiles import TOLERANCE
from dias_cbm.days import day_bounds
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import CatalogueError, RateLimited, StateConflict
from dias_cbm.scenes import KIND_OF_CARD, SOURCE_OF_CARD, Card, Cause, Kind
from dias_cbm.seasons import Season

log = logging.getLogger(__name__)

#: Look a catalogue up, as ``catalogue.sync.sync``: ``(connection, season, kinds, start, end)``.
Sync = Callable[[Connection, Season, Sequence[Kind], datetime, datetime], object]


@dataclass(frozen=True, slots=True)
class DueGap:
    """An open gap that is due to be asked for again.

    :param expected_at: when the pass should have been sensed.
    :param attempts: times the platform was asked again already.
    """

    id: int
    card: Card
    satellite: str
    rel_orbit: int
    tile: str
    expected_at: datetime
    cause: Cause
    attempts: int

    @property
    def windows(self) -> list[tuple[datetime, datetime]]:
        """Whole days, half-open, in which the pass was or should have been sensed.

        For a coherence pass also those of its earlier acquisition.
        """
        times = [self.expected_at]
        if self.card in PAIR:
            times.append(self.expected_at - PAIR[self.card])
        return [day_bounds((time - TOLERANCE).date(), (time + TOLERANCE).date()) for time in times]


@dataclass
class Recheck:
    """The result of asking the platforms again.

    :param asked: gaps that the platform was asked for.
    :param unanswered: gap id -> why the platform gave no answer; they stay due.
    :param reopened: failed scenes that get another try.
    :param set_aside: failed scenes that get none, since they have failed too often.
    :param scenes: ids of CARD scenes of these passes that can be worked on now.
    """

    asked: list[int] = field(default_factory=list)
    unanswered: dict[int, str] = field(default_factory=dict)
    reopened: list[int] = field(default_factory=list)
    set_aside: list[int] = field(default_factory=list)
    scenes: list[int] = field(default_factory=list)


def due(
    connection: Connection,
    season: Season,
    everything: bool = False,
    now: datetime | None = None,
) -> list[DueGap]:
    """The open gaps to ask for now, oldest first.

    :param everything: every open gap, due or not.
    :param now: instead of the present; aware UTC.
    """
    found = connection.execute(
        query("completeness/gaps_due"),
        {"season": season.id, "everything": everything, "now": now or datetime.now(UTC)},
    )
    return [
        DueGap(**row._asdict() | {"card": Card(row.card), "cause": Cause(row.cause)})
        for row in found
    ]


def checked(connection: Connection, gap_ids: Iterable[int], now: datetime | None = None) -> None:
    """Record that gaps were asked for again, and set their next check. Does not commit."""
    now = now or datetime.now(UTC)
    for gap_id in sorted(set(gap_ids)):
        row = connection.execute(query("completeness/gap_lock"), {"gap": gap_id}).fetchone()
        if row is None:
            continue
        attempts = row.attempts + 1
        policy = policy_of(Cause(row.cause), attempts=row.failures or 0, online=row.online)
        values = {"attempts": attempts, "now": now, "next": now + policy.wait(attempts)}
        connection.execute(query("completeness/gap_checked"), values | {"gap": gap_id})


def recheck(
    connection: Connection,
    season: Season,
    gaps: Sequence[DueGap],
    sync: Sync,
    now: datetime | None = None,
) -> Recheck:
    """Ask the catalogue for the days of gaps, give failed scenes another try, and commit.

    Each day is asked for once per card. If a platform does not answer, its gaps stay due; one that
    is rate limiting is not asked again in this run.

    :param sync: looks a catalogue up and enters what it lists into the ledger.
    :returns: what to work on now; run again after a crash, it finds the same scenes.
    """
    result = Recheck()
    answers: dict[tuple[Card, datetime, datetime], str | None] = {}
    busy: str | None = None
    for gap in gaps:
        for window in gap.windows:
            if (gap.card, *window) in answers:
                continue
            try:
                answer = busy or _ask(connection, season, gap.card, window, sync)
            except RateLimited as error:
                connection.rollback()
                log.warning("%s: %s", error, POLICIES[Failure.BUSY].does)
                answer = busy = str(error)
            answers[gap.card, *window] = answer
        failures = [answers[gap.card, *window] for window in gap.windows]
        failure = next((text for text in failures if text), None)
        if failure:
            result.unanswered[gap.id] = failure
        else:
            result.asked.append(gap.id)
    checked(connection, result.asked, now)
    connection.commit()
    for gap in gaps:
        _work_of(connection, gap, result)
    connection.commit()
    return result


def _ask(
    connection: Connection,
    season: Season,
    card: Card,
    window: tuple[datetime, datetime],
    sync: Sync,
) -> str | None:
    """Look up one card's days; returns the reason if the platform does not answer.

    :raises RateLimited: the platform is rate limiting.
    """
    kinds = (SOURCE_OF_CARD[card], KIND_OF_CARD[card])
    try:
        sync(connection, season, kinds, *window)
    except RateLimited:
        raise
    except CatalogueError as error:
        connection.rollback()
        log.warning("%s of %s could not be asked for: %s", card, window[0].date(), error)
        return str(error)
    return None


def _work_of(connection: Connection, gap: DueGap, result: Recheck) -> None:
    """The scenes of a gap's pass that can be worked on, with failed ones reopened."""
    rows = connection.execute(
        query("completeness/gap_scenes"),
        {
            "card": gap.card,
            "satellite": gap.satellite,
            "rel_orbit": gap.rel_orbit,
            "tile": gap.tile,
            "start": gap.expected_at - TOLERANCE,
            "end": gap.expected_at + TOLERANCE,
        },
    ).fetchall()
    for row in rows:
        if row.status == "failed":
            policy = policy_of(Cause(row.cause), attempts=row.attempts, online=row.online)
            if not policy.again:
                log.warning("scene %d: %s: %s", row.id, row.reason, policy.does)
                result.set_aside.append(row.id)
                continue
            try:
                ledger.reopen(connection, row.id, f"tried again for gap {gap.id}")
            except StateConflict as error:
                log.info("scene %d is not tried again: %s", row.id, error)
                continue
            result.reopened.append(row.id)
        if row.id not in result.scenes:
            result.scenes.append(row.id)
