"""The proof that a season is finished, or the list of what is still missing."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from dias_cbm.completeness import gaps, record_counts
from dias_cbm.completeness.assessment import Assessment, assess
from dias_cbm.completeness.causes import CARD_NAME, when
from dias_cbm.completeness.expected import ExpectedPass
from dias_cbm.completeness.gaps import Gap, State
from dias_cbm.completeness.record_counts import CardUnits, Sample, UnitState
from dias_cbm.completeness.scene_tiles import TOLERANCE
from dias_cbm.days import day_bounds
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.scenes import Card, Cause
from dias_cbm.seasons import Season

# A pass that was extracted but is of no use has reached its end state too.
_WITHOUT_USE = (Cause.CLOUDY, Cause.NO_PARCELS)


class Check(StrEnum):
    """The checks of the proof."""

    SEASON_OVER = "the season is over"
    PASSES_ENDED = "every expected pass has an end state"
    SCENES_ENDED = "every scene has an end state"
    SIGNATURES = "every extracted scene has signatures for its parcels, or a reason why not"
    PARCELS = "every value was computed from the parcels as they are now"
    COUNTS = "ledger and blocks count the same records"


@dataclass
class Month:
    """One card in one month.

    Passes are counted per tile: ``expected`` is the sum of ``found``, ``cloudy``, ``confirmed`` and
    ``open``. Scenes are counted once.

    :param cloudy: processed, but of no use: too cloudy, or no data over parcels.
    :param confirmed: gaps given up.
    :param not_run: passes of days that no run has reached; not counted as expected.
    """

    card: Card
    month: date
    expected: int = 0
    found: int = 0
    cloudy: int = 0
    confirmed: int = 0
    open: int = 0
    not_planned: int = 0
    not_run: int = 0
    extracted: int = 0
    superseded: int = 0
    failed: int = 0


@dataclass
class Records:
    """Parcel x band values of one card, counted in ledger and blocks, and parcels without values.

    :param ledger: as the extractions recorded them in the ledger.
    :param blocks: counts above zero in the blocks, as they were written or counted anew.
    :param valued: parcel and scene pairs with a value in the first band.
    :param blank: pairs without one, because the product has no valid pixel in the parcel.
    :param outside: pairs without one, because the parcel lies outside the product.
    """

    card: Card
    ledger: int = 0
    blocks: int = 0
    valued: int = 0
    blank: int = 0
    outside: int = 0


@dataclass
class Proof:
    """The progress of a season, and whether it is proven finished.

    :param sample: rows of blocks that were counted anew; None: no signature was looked at.
    :param failing: per check, what fails it; one item per line.
    """

    season: str
    months: list[Month] = field(default_factory=list)
    records: list[Records] = field(default_factory=list)
    sample: Sample | None = None
    failing: dict[Check, list[str]] = field(default_factory=lambda: {check: [] for check in Check})

    @property
    def holds(self) -> bool:
        """Whether all checks pass."""
        return not any(self.failing.values())


@dataclass(frozen=True, slots=True)
class Span:
    """The part of a season to prove: some cards, and a half-open window of sensing time."""

    cards: Collection[Card]
    start: datetime
    end: datetime

    def holds(self, card: Card, at: datetime) -> bool:
        """Whether a pass or scene is in this part."""
        return card in self.cards and self.start <= at < self.end


def prove(
    connection: Connection,
    season: Season,
    now: datetime | None = None,
    *,
    cards: Collection[Card] = tuple(Card),
    first: date | None = None,
    last: date | None = None,
    seed: int | None = None,
    thorough: bool = False,
) -> Proof:
    """Check and count a season, with the gaps of the last refresh. Writes nothing.

    The records of blocks are those that the ledger kept as they were written. A sample of the rows
    of blocks is counted anew, all of them if there are few.

    :param now: instead of the present; aware UTC.
    :param cards: only these.
    :param first: only days from this one on; records are compared over the whole season.
    :param last: only days up to this one, included.
    :param seed: of the sample; by chance if None.
    :param thorough: count all rows anew, which reads a quarter of the season's signatures.
    """
    now = now or datetime.now(UTC)
    span = Span(cards, *day_bounds(first or season.starts, last or season.ends))
    assessment, known = assess(connection, season, now), gaps.rows(connection, season)
    proof = progress(connection, season, assessment, known, span, now)
    seed = secrets.randbelow(record_counts.SEEDS) if seed is None else seed
    _count_records(connection, season, cards, seed, thorough=thorough, proof=proof)
    return proof


def progress(
    connection: Connection,
    season: Season,
    assessment: Assessment,
    known: Iterable[Gap],
    span: Span,
    now: datetime,
) -> Proof:
    """Check and count passes and scenes, but read no signatures: fast, and no proof alone.

    :param known: the season's gaps.
    :param now: aware UTC.
    """
    proof = Proof(season.name)
    if now < span.end:
        proof.failing[Check.SEASON_OVER].append(f"its last day ends {when(span.end)}")
    months: dict[tuple[Card, date], Month] = {}
    _count_passes(assessment, known, span, months, proof.failing[Check.PASSES_ENDED])
    _count_scenes(connection, season, span, months)
    proof.failing[Check.SCENES_ENDED] += _unfinished(connection, season, span)
    proof.months = [months[key] for key in sorted(months)]
    return proof


def _month(months: dict[tuple[Card, date], Month], card: Card, day: date) -> Month:
    key = (card, day.replace(day=1))
    return months.setdefault(key, Month(*key))


def _count_passes(
    assessment: Assessment,
    known: Iterable[Gap],
    span: Span,
    months: dict[tuple[Card, date], Month],
    failing: list[str],
) -> None:
    index: dict[tuple[Any, ...], list[Gap]] = {}
    for recorded in known:
        key = (recorded.card, recorded.satellite, recorded.rel_orbit, recorded.tile)
        index.setdefault(key, []).append(recorded)
    for one in assessment.judged:
        expected, cause = one.expected, one.verdict.cause
        if not span.holds(expected.card, expected.at):
            continue
        month = _month(months, expected.card, expected.at.date())
        gap = _take(index, expected)
        if cause is Cause.NOT_PLANNED:
            month.not_planned += 1
            continue
        month.expected += 1
        if cause is None:
            month.found += 1
        elif cause in _WITHOUT_USE:
            month.cloudy += 1
        elif gap is not None and gap.state is State.CONFIRMED:
            month.confirmed += 1
        else:
            month.open += 1
            state = "not recorded as a gap yet" if gap is None else f"gap {gap.id} is {gap.state}"
            failing.append(f"{_name(expected)}: {cause}, {state}")
    for passes in assessment.not_run.values():
        for expected in passes:
            if not span.holds(expected.card, expected.at):
                continue
            _month(months, expected.card, expected.at.date()).not_run += 1
            failing.append(f"{_name(expected)}: no run has reached this day")
    # A gap whose pass is no longer predicted must still be closed.
    failing += [
        f"gap {left.id}, {CARD_NAME[left.card]} of {left.satellite} {when(left.expected_at)}"
        f" over {left.tile}, is {left.state}"
        for gaps_left in index.values()
        for left in gaps_left
        if left.state.is_open and span.holds(left.card, left.expected_at)
    ]


def _take(index: dict[tuple[Any, ...], list[Gap]], expected: ExpectedPass) -> Gap | None:
    candidates = index.get(
        (expected.card, expected.satellite, expected.rel_orbit, expected.tile), []
    )
    for gap in candidates:
        if abs(gap.expected_at - expected.at) <= TOLERANCE:
            candidates.remove(gap)
            return gap
    return None


def _name(expected: ExpectedPass) -> str:
    return (
        f"{CARD_NAME[expected.card]} of {expected.satellite} orbit {expected.rel_orbit}"
        f" {when(expected.at)} over {expected.tile}"
    )


def _window(season: Season, span: Span) -> dict[str, object]:
    return {"season": season.id, "start": span.start, "end": span.end}


def _count_scenes(
    connection: Connection, season: Season, span: Span, months: dict[tuple[Card, date], Month]
) -> None:
    for row in connection.execute(query("completeness/proof_scenes"), _window(season, span)):
        if Card(row.card) not in span.cards:
            continue
        month = _month(months, Card(row.card), row.month)
        if row.status in ("extracted", "superseded", "failed"):
            setattr(month, row.status, row.scenes)


def _unfinished(connection: Connection, season: Season, span: Span) -> Iterator[str]:
    window = _window(season, span)
    for row in connection.execute(query("completeness/proof_unfinished"), window):
        if Card(row.card) not in span.cards:
            continue
        over = f" over {row.tile}" if row.tile else ""
        yield f"scene {row.obsid} ({row.reference}){over} is {row.status}"


def _count_records(
    connection: Connection,
    season: Season,
    cards: Collection[Card],
    seed: int,
    *,
    thorough: bool,
    proof: Proof,
) -> None:
    """Compare each unit with its blocks."""
    found = {card: record_counts.read(connection, season, card) for card in cards}
    rows = sum(one.rows for one in found.values())
    share = 1.0 if thorough or rows <= record_counts.SAMPLE else record_counts.SAMPLE / rows
    for card, units in found.items():
        record_counts.count(connection, season, card, units, share, seed)
        if units.units:
            proof.records.append(_total(card, units))
        for unit in units.units.values():
            _check_unit(unit, proof.failing)
    counted = sum(one.counted for one in found.values())
    proof.sample = Sample(seed, rows, counted)


def _total(card: Card, units: CardUnits) -> Records:
    total = Records(card)
    for unit in units.units.values():
        total.ledger += unit.ledger
        total.blocks += unit.records
        total.valued += unit.valued
        total.blank += unit.blank
        total.outside += unit.outside
    return total


def _check_unit(unit: UnitState, failing: dict[Check, list[str]]) -> None:
    name, counts, signatures = unit.name, failing[Check.COUNTS], failing[Check.SIGNATURES]
    if unit.unit is None:
        counts.append(f"{name}: {unit.records} records in blocks, but the ledger knows of none")
    elif unit.ledger != unit.records:
        counts.append(f"{name}: {unit.ledger} records in the ledger, {unit.records} in blocks")
    if unit.written_rows not in (None, unit.rows):
        counts.append(f"{name}: {unit.written_rows} rows of blocks were written, {unit.rows} exist")
    elif unit.changed:
        which = f"{unit.changed} of {unit.rows} rows of blocks"
        counts.append(f"{name}: other records than were written in {which}")
    elif unit.written_rows is not None and unit.ledger != unit.written:
        counts.append(f"{name}: {unit.ledger} records in the ledger, {unit.written} were written")
    if unit.outdated:
        failing[Check.PARCELS].append(f"{name}: computed from parcels that were replaced")
    fewest, most = unit.bands
    if unit.unit == "extracted" and not unit.rows:
        signatures.append(f"{name}: extracted, but no block at all")
    elif fewest != most:
        signatures.append(f"{name}: blocks of {fewest} and of {most} bands")
    if unit.unit == "no_parcels" and unit.cause is None:
        signatures.append(f"{name}: no parcels, without a cause")
