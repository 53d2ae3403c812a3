"""The assessment of a season: every expected pass with its verdict, shared by gaps and mails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from dias_cbm.completeness.causes import Evidence, Limits, Verdict, decide
from dias_cbm.completeness.expected import PAIR, ExpectedPass, expected_passes
from dias_cbm.completeness.plans import Plans, read_folder
from dias_cbm.completeness.scene_tiles import Sightings, bounds, load
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.scenes import SOURCE_OF_CARD, Card
from dias_cbm.seasons import Season


@dataclass(frozen=True, slots=True)
class Judged:
    """An expected pass and the verdict on it."""

    expected: ExpectedPass
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Horizon:
    """The days that a card's passes are judged on.

    A day is judged once its run, or that of a later day, has ended: a backfill in progress must not
    report as missing what it has not reached yet.

    :param first: None when no run has ended yet; then every day is judged.
    :param last: included.
    :param run: of these days, those whose run has ended.
    """

    first: date | None = None
    last: date | None = None
    run: frozenset[date] = frozenset()

    def holds(self, day: date) -> bool:
        """Whether passes of a day are judged."""
        return self.first is None or self.last is None or self.first <= day <= self.last

    def skipped(self, day: date) -> bool:
        """Whether a day is judged only because the run of a later day has ended."""
        return self.first is not None and day not in self.run


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a season should have by now, and what it has.

    :param judged: passes of days that runs have reached.
    :param not_run: passes of other days, per card, which nothing has looked for yet.
    """

    judged: Sequence[Judged]
    not_run: Mapping[Card, Sequence[ExpectedPass]]
    sightings: Sightings
    plans: Plans = field(default_factory=Plans)


def assess(
    connection: Connection,
    season: Season,
    now: datetime | None = None,
    *,
    card: Card | None = None,
    day: date | None = None,
) -> Assessment:
    """Judge every pass that a season should have had by now. Does not commit.

    :param now: instead of the present; aware UTC.
    :param card: only this card's passes.
    :param day: only passes of this day (UTC).
    """
    now = now or datetime.now(UTC)
    start, end = bounds(season)
    sightings = load(connection, season)
    horizons = _horizons(connection, season)
    limits = limits_of(now)
    plans = read_folder(settings().completeness.plan_folder)
    judged: list[Judged] = []
    not_run: dict[Card, list[ExpectedPass]] = {}
    for expected in expected_passes(sightings.rows, start, min(end, now)):
        if not asked(expected.card, expected.at, card, day):
            continue
        horizon, day_of_pass = horizons.get(expected.card, Horizon()), expected.at.date()
        if horizon.holds(day_of_pass):
            verdict = judge(
                expected,
                sightings,
                limits[expected.card],
                (start, end),
                plans,
                skipped=horizon.skipped(day_of_pass),
            )
            judged.append(Judged(expected, verdict))
        else:
            not_run.setdefault(expected.card, []).append(expected)
    return Assessment(judged, not_run, sightings, plans)


def asked(own: Card, at: datetime, card: Card | None, day: date | None) -> bool:
    """Whether a pass is of this card and this day (UTC); None stands for any."""
    return (card is None or own is card) and (day is None or at.date() == day)


def judge(
    expected: ExpectedPass,
    sightings: Sightings,
    limits: Limits,
    window: tuple[datetime, datetime],
    plans: Plans | None = None,
    *,
    skipped: bool = False,
) -> Verdict:
    """The verdict on one pass.

    :param window: the season; only scenes within it count, also for a pass at its first midnight.
    :param plans: acquisition plans, if there are any.
    :param skipped: the run of its day has not ended.
    """
    start, end = window
    tile, orbit, at = expected.tile, expected.rel_orbit, expected.at
    rows = sightings.near(orbit, tile, at, expected.satellite)
    pair = PAIR.get(expected.card)
    evidence = Evidence(
        rows=[row for row in rows if start <= row.obstime < end],
        partner=() if pair is None else sightings.near(orbit, tile, at - pair),
        level1_kept=SOURCE_OF_CARD[expected.card] in sightings.kinds,
        last_seen=sightings.last_before(expected.satellite, at),
        plan=(plans or Plans()).ask(expected.satellite, orbit, at),
        asked=not skipped,
    )
    return decide(expected, evidence, limits)


def limits_of(now: datetime) -> dict[Card, Limits]:
    """The current settings that decide causes, per card."""
    chosen = settings()
    return {
        card: Limits(chosen.latency(card), chosen.completeness.cloudy_share, now=now)
        for card in Card
    }


def _horizons(connection: Connection, season: Season) -> dict[Card, Horizon]:
    rows = connection.execute(query("completeness/days_run"), {"season": season.id})
    days: dict[Card, set[date]] = {}
    for row in rows:
        days.setdefault(Card(row.card), set()).add(row.day)
    return {card: Horizon(min(run), max(run), frozenset(run)) for card, run in days.items()}
