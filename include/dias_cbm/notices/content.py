"""The content of a season's digest, and which of its facts were mailed before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from dias_cbm.completeness import gaps
from dias_cbm.completeness.assessment import Assessment, assess
from dias_cbm.completeness.causes import WITHOUT_USE
from dias_cbm.completeness.gaps import Gap, State
from dias_cbm.completeness.scene_tiles import TOLERANCE, bounds
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.notices import refusals
from dias_cbm.notices.refusals import Refused, SetAside
from dias_cbm.scenes import Card, Cause
from dias_cbm.seasons import Season
from dias_cbm.transport import outages
from dias_cbm.transport.outages import Pause


@dataclass(frozen=True, slots=True)
class Count:
    """Number of passes over tiles, for one card.

    :param found: processed, with signatures or with no parcels to have any.
    :param cloudy: processed too, but of no use: too cloudy, or no data over parcels.
    :param given_up: missing, and no longer asked for.
    :param not_run: on days that no run has reached yet; not counted as expected.
    :param not_run_from: the first of these days.
    """

    expected: int
    found: int
    cloudy: int
    given_up: int = 0
    not_run: int = 0
    not_run_from: date | None = None


@dataclass(frozen=True, slots=True)
class MissingPass:
    """Gaps of one pass and cause, reported together.

    :param gaps: one per tile.
    """

    gaps: Sequence[Gap]

    @property
    def first(self) -> Gap:
        """The first gap, which stands for all of them."""
        return self.gaps[0]

    @property
    def parcels(self) -> int:
        """Parcels without signatures."""
        return sum(gap.parcels for gap in self.gaps)


@dataclass(frozen=True, slots=True)
class Failed:
    """A product that could not be used."""

    obsid: int
    reference: str
    card: Card
    obstime: datetime
    cause: Cause
    reason: str
    attempts: int

    @property
    def item(self) -> str:
        """Key of this fact in the record of mailed facts."""
        return f"failed {self.obsid} {self.cause.of_gap}"


@dataclass(frozen=True, slots=True)
class Replaced:
    """A product that a better one has superseded.

    :param extracted: signatures had been extracted from it.
    """

    obsid: int
    reference: str
    card: Card
    obstime: datetime
    winner_id: int
    winner: str
    extracted: bool

    @property
    def item(self) -> str:
        """Key of this fact in the record of mailed facts."""
        return f"replaced {self.obsid} {self.winner_id}"


@dataclass(frozen=True, slots=True)
class News:
    """Everything that a digest can report about a season.

    :param counts: per card, for the cards that have expected passes.
    :param missing: open gaps that are late, by pass.
    :param awaited: open gaps that are not late yet.
    :param recovered: gaps closed since the last digest because their pass came in late.
    :param given_up: gaps closed since the last digest because the time to retry was over.
    :param replaced: products superseded since the last digest.
    :param failed: products that failed, mailed before or not.
    :param items: facts not mailed before, and worth a mail.
    :param quiet_items: facts not mailed before that alone are not worth a mail.
    :param simulated: some of the scenes are simulated.
    :param silent: services of platforms that do not answer, mailed before or not.
    :param set_aside: alerts that the mail server refused too often, not mailed before.
    :param refused: recipients that the mail server refuses, not mailed before.
    """

    season: Season
    at: datetime
    counts: Mapping[Card, Count]
    missing: Sequence[MissingPass]
    awaited: Sequence[Gap]
    recovered: Sequence[MissingPass]
    given_up: Sequence[MissingPass]
    replaced: Sequence[Replaced]
    failed: Sequence[Failed]
    items: Sequence[str]
    quiet_items: Sequence[str]
    simulated: bool
    silent: Sequence[Pause] = ()
    set_aside: Sequence[SetAside] = ()
    refused: Sequence[Refused] = ()

    @property
    def open_gaps(self) -> int:
        """Passes over tiles that are missing and still asked for."""
        return sum(len(group.gaps) for group in self.missing)

    @property
    def recovered_gaps(self) -> int:
        """Passes over tiles that have come in late since the last digest."""
        return sum(len(group.gaps) for group in self.recovered)

    @property
    def given_up_gaps(self) -> int:
        """Passes over tiles that were given up since the last digest."""
        return sum(len(group.gaps) for group in self.given_up)

    @property
    def expected(self) -> int:
        """Passes over tiles that are expected by now."""
        return sum(count.expected for count in self.counts.values())

    @property
    def share_in(self) -> float | None:
        """Share of expected passes that are processed, cloudy ones included; None without any."""
        if not self.expected:
            return None
        return sum(c.found + c.cloudy for c in self.counts.values()) / self.expected


def gather(connection: Connection, season: Season, now: datetime | None = None) -> News:
    """Collect what there is to report about a season. Writes nothing.

    :param now: instead of the present; aware UTC.
    """
    now = now or datetime.now(UTC)
    mailed = _mailed(connection, season)
    assessment = assess(connection, season, now)
    known = gaps.rows(connection, season)
    missing = [gap for gap in known if gap.state in (State.LATE, State.MISSING)]
    recovered = [gap for gap in known if _came_late(gap) and closed_item(gap) not in mailed]
    given_up = [gap for gap in known if _given_up(gap) and closed_item(gap) not in mailed]
    failed = _failed(connection, season)
    silent = outages.open_pauses(connection)
    set_aside = [one for one in refusals.alerts(connection) if one.item not in mailed]
    refused = [one for one in refusals.recipients(connection) if one.item not in mailed]
    replaced = [one for one in _replaced(connection, season) if one.item not in mailed]
    items = {
        *map(open_item, missing),
        *map(closed_item, recovered),
        *map(closed_item, given_up),
        *(one.item for one in failed),
        *map(silent_item, silent),
        *(one.item for one in set_aside),
        *(one.item for one in refused),
        *(one.item for one in replaced if one.extracted),
    }
    return News(
        season=season,
        at=now,
        counts=_counts(assessment, known),
        missing=by_pass(missing),
        awaited=[gap for gap in known if gap.state is State.PENDING],
        recovered=by_pass(recovered),
        given_up=by_pass(given_up),
        replaced=replaced,
        failed=failed,
        silent=silent,
        set_aside=set_aside,
        refused=refused,
        items=sorted(items - mailed),
        quiet_items=sorted(one.item for one in replaced if not one.extracted),
        simulated=simulated(connection, season),
    )


def open_item(gap: Gap) -> str:
    """Key of the fact that a pass is missing for a cause, in the record of mailed facts."""
    return f"missing {gap.id} {gap.found_at:%Y%m%dT%H%M%S} {gap.cause}"


def silent_item(pause: Pause) -> str:
    """Key of the fact that a service does not answer, in the record of mailed facts."""
    return f"silent {pause.platform} {pause.service} {pause.since:%Y%m%dT%H%M%S}"


def closed_item(gap: Gap) -> str:
    """Key of the fact that a gap is closed, in the record of mailed facts."""
    return f"{gap.state} {gap.id} {gap.closed_at:%Y%m%dT%H%M%S}"


def by_pass(found: Sequence[Gap]) -> list[MissingPass]:
    """Gaps of one pass, cause and state together; a pass over twenty tiles is one line."""
    groups: list[list[Gap]] = []
    ordered = sorted(
        found,
        key=lambda gap: (gap.card, gap.satellite, gap.rel_orbit, gap.cause, gap.expected_at),
    )
    for gap in ordered:
        if groups and _same_pass(groups[-1][-1], gap):
            groups[-1].append(gap)
        else:
            groups.append([gap])
    groups.sort(key=lambda group: (group[0].expected_at, group[0].card))
    return [MissingPass(group) for group in groups]


def _same_pass(one: Gap, other: Gap) -> bool:
    names = ("card", "satellite", "rel_orbit", "cause", "state")
    return (
        all(getattr(one, name) == getattr(other, name) for name in names)
        and abs(one.expected_at - other.expected_at) <= TOLERANCE
    )


def _came_late(gap: Gap) -> bool:
    """Whether a gap was closed by a pass that came in late; one in time is not news."""
    return (
        gap.state is State.RECOVERED
        and gap.closed_at is not None
        and gap.closed_at - gap.expected_at > settings().latency(gap.card)
    )


def _given_up(gap: Gap) -> bool:
    return gap.state is State.CONFIRMED and gap.cause not in WITHOUT_USE


def _counts(assessment: Assessment, known: Sequence[Gap]) -> dict[Card, Count]:
    counts: dict[Card, Count] = {}
    for card in Card:
        causes = [
            one.verdict.cause
            for one in assessment.judged
            if one.expected.card is card and one.verdict.cause is not Cause.NOT_PLANNED
        ]
        not_run = assessment.not_run.get(card, [])
        if causes or not_run:
            counts[card] = Count(
                expected=len(causes),
                found=sum(cause is None for cause in causes),
                cloudy=sum(cause in (Cause.CLOUDY, Cause.NO_PARCELS) for cause in causes),
                given_up=sum(gap.card is card and _given_up(gap) for gap in known),
                not_run=len(not_run),
                not_run_from=min((one.at.date() for one in not_run), default=None),
            )
    return counts


def _mailed(connection: Connection, season: Season) -> set[str]:
    found = connection.execute(query("notices/digest_told"), {"season": season.id})
    return {row.item for row in found}


def _failed(connection: Connection, season: Season) -> list[Failed]:
    start, end = bounds(season)
    found = connection.execute(
        query("notices/digest_failed"), {"season": season.id, "start": start, "end": end}
    )
    return [
        Failed(
            row.id,
            row.reference,
            Card(row.card),
            row.obstime,
            Cause(row.cause),
            row.reason,
            row.attempts,
        )
        for row in found
    ]


def _replaced(connection: Connection, season: Season) -> list[Replaced]:
    start, end = bounds(season)
    found = connection.execute(
        query("notices/digest_replaced"), {"season": season.id, "start": start, "end": end}
    )
    return [
        Replaced(
            row.id,
            row.reference,
            Card(row.card),
            row.obstime,
            row.winner_id,
            row.winner,
            row.extracted,
        )
        for row in found
    ]


def simulated(connection: Connection, season: Season) -> bool:
    """Whether any scene of a season is simulated."""
    start, end = bounds(season)
    row = connection.execute(
        query("notices/digest_simulated"),
        {"platforms": list(settings().simulated_platforms()), "start": start, "end": end},
    ).fetchone()
    return row is not None and row.simulated
