"""One day of observation: whether its products are all listed, and the report that closes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypedDict

from psycopg.types.json import Jsonb

from dias_cbm.completeness import gaps
from dias_cbm.completeness.causes import CARD_NAME
from dias_cbm.completeness.expected import ExpectedPass, expected_passes
from dias_cbm.completeness.scene_tiles import Sightings, bounds, load
from dias_cbm.config.settings import settings
from dias_cbm.days import day_bounds
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import ExtractionFailed
from dias_cbm.scenes import KIND_OF_CARD, REPEAT_CYCLE, SOURCE_OF_CARD, Card
from dias_cbm.seasons import Season

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Awaited:
    """Whether to wait longer for a day's products.

    :param ready: no need to wait: all is listed, or the deadline has passed.
    :param deadline: when waiting ends in any case.
    """

    ready: bool
    reason: str
    deadline: datetime


class DayReport(TypedDict):
    """The results of a day, for the log of its run.

    ``scenes``: CARD scenes by state. ``expected`` and ``found``: passes over tiles.
    """

    season: str
    card: str
    day: str
    scenes: dict[str, int]
    acquisitions: int
    expected: int
    found: int
    new_gaps: int
    recovered: int
    open_by_cause: dict[str, int]


def await_day(
    connection: Connection,
    season: Season,
    card: Card | str,
    day: date,
    now: datetime | None = None,
) -> Awaited:
    """Whether every pass expected on a day is in the ledger, or the deadline has passed.

    :param now: instead of the present; aware UTC.
    """
    card = Card(card)
    start, end = day_bounds(day)
    sightings = load(connection, season)
    expected = [
        found
        for found in expected_passes(sightings.rows, bounds(season)[0], end)
        if found.card is card and found.at >= start
    ]
    kinds = (KIND_OF_CARD[card], SOURCE_OF_CARD[card])
    cycle = REPEAT_CYCLE[KIND_OF_CARD[card].sensor]
    return awaited(
        expected,
        sightings,
        learnt=any(row.kind in kinds and row.obstime < end - cycle for row in sightings.rows),
        deadline=end + settings().latency(card),
        now=now or datetime.now(UTC),
    )


def awaited(
    expected: Sequence[ExpectedPass],
    sightings: Sightings,
    *,
    learnt: bool,
    deadline: datetime,
    now: datetime,
) -> Awaited:
    """The decision of :func:`await_day`, from the facts alone.

    :param expected: passes of the day, of one card.
    :param learnt: a whole repeat cycle has been seen, so that all passes can be predicted.
    """
    missing = [
        one
        for one in expected
        if not any(
            row.card is one.card
            for row in sightings.near(one.rel_orbit, one.tile, one.at, one.satellite)
        )
    ]
    if not missing and learnt:
        return Awaited(True, f"all {len(expected)} expected passes over tiles are listed", deadline)
    if now >= deadline:
        what = f"{len(missing)} of {len(expected)} expected passes over tiles are not listed"
        return Awaited(True, f"the deadline has passed; {what}", deadline)
    if missing:
        first = missing[0]
        return Awaited(
            False,
            f"{len(missing)} of {len(expected)} expected passes over tiles are not listed, first"
            f" {CARD_NAME[first.card]} of {first.satellite} orbit {first.rel_orbit}"
            f" over {first.tile}",
            deadline,
        )
    return Awaited(
        False, "less than one repeat cycle has been seen: passes cannot be predicted yet", deadline
    )


def close_day(
    connection: Connection,
    season: Season,
    card: Card | str,
    day: date,
    now: datetime | None = None,
) -> DayReport:
    """Record that the run of a day has ended, refresh the gaps of that day, and commit.

    :param now: instead of the present; aware UTC.
    :raises ExtractionFailed: the ledger says extracted, but there are no signatures.
    """
    card = Card(card)
    start, end = day_bounds(day)
    parameters = {
        "season": season.id,
        "card": card,
        "source": SOURCE_OF_CARD[card],
        "start": start,
        "end": end,
    }
    _check_signatures(connection, parameters)
    counts = {
        row.status: row.scenes
        for row in connection.execute(query("completeness/day_scenes"), parameters)
    }
    acquisitions = counts.pop("level-1", 0)
    connection.execute(
        query("completeness/day_close"), parameters | {"day": day, "report": Jsonb({})}
    )
    found = gaps.refresh(connection, season, now, card=card, day=day)
    report = DayReport(
        season=season.name,
        card=card.value,
        day=day.isoformat(),
        scenes=counts,
        acquisitions=acquisitions,
        expected=found.expected,
        found=found.found,
        new_gaps=len(found.new),
        recovered=len(found.recovered),
        open_by_cause=found.open_by_cause,
    )
    connection.execute(
        query("completeness/day_close"), parameters | {"day": day, "report": Jsonb(report)}
    )
    connection.commit()
    return report


def _check_signatures(connection: Connection, parameters: dict[str, object]) -> None:
    rows = connection.execute(query("completeness/day_without_signatures"), parameters).fetchall()
    if rows:
        raise ExtractionFailed(
            f"the ledger says extracted over {rows[0].tile}, but there are no signatures"
            f" ({len(rows)} such units on this day)",
            subject=f"scene {rows[0].obsid}",
            hint="this is a defect: report it, and extract the scene again",
        )
