"""The chain of evidence for one parcel and date: why it has a value, or has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dias_cbm.completeness import gaps
from dias_cbm.completeness.assessment import Assessment, Judged, assess
from dias_cbm.completeness.causes import CARD_NAME, WHO_CAN_ACT, when
from dias_cbm.completeness.expected import PAIR, ExpectedPass
from dias_cbm.completeness.gaps import Gap
from dias_cbm.completeness.scene_tiles import TOLERANCE, Sighting
from dias_cbm.config.settings import settings
from dias_cbm.days import day_bounds
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import ParcelUnknown
from dias_cbm.known_bad import why_bad
from dias_cbm.scenes import SOURCE_OF_CARD, Cause, Kind, Status, explained
from dias_cbm.seasons import Season

_DIRECTION = {"A": "ascending", "D": "descending"}

#: Meaning of each cause, for a reader who does not know the terms.
IN_WORDS: Mapping[Cause, str] = {
    Cause.NOT_PLANNED: "the satellite was not planned to observe",
    Cause.NOT_ACQUIRED: "nothing shows that the satellite has observed",
    Cause.NOT_PUBLISHED: "it was acquired, but the platform has not published the product",
    Cause.NOT_INDEXED: "the platform lists the product without its footprint",
    Cause.CARD_FAILED: "the product could not be made or read",
    Cause.ORBIT_UNREADABLE: "none of its orbit files can be read, so the product was not made",
    Cause.KNOWN_BAD: "its only product is known to be bad, and not used",
    Cause.UNSYNCHRONISED: "the two images of the pair were not synchronised, so that their"
    " coherence would not be that of the ground",
    Cause.FETCH_FAILED: "the product is listed, but could not be fetched from the store",
    Cause.CORRUPT: "the product is damaged or incomplete",
    Cause.CLOUDY: "the product is extracted, but clouds hide the parcels",
    Cause.NO_PARCELS: "the product has no data over the parcels",
    Cause.EXTRACTION_FAILED: "the product is good, but its statistics could not be made",
    Cause.PENDING: "it is not late yet, or has not been processed yet",
}


@dataclass(frozen=True, slots=True)
class Chain:
    """One pass over the parcel, from expectation to value.

    :param title: which pass.
    :param steps: what is known, in processing order.
    :param conclusion: in one sentence.
    :param has_value: whether the parcel has a valid pixel from it.
    """

    title: str
    steps: Sequence[str]
    conclusion: str
    has_value: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """All passes over a parcel on a day, or in the five-day window around it if the day has none.

    :param first: first day covered; ``last`` is included.
    """

    season: str
    pid: str
    tile: str
    first: date
    last: date
    chains: Sequence[Chain]

    def lines(self) -> list[str]:
        """The explanation as text."""
        days = f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"
        head = f"parcel {self.pid} of season {self.season}, tile {self.tile}, {days}"
        if not self.chains:
            return [head, "no pass is expected: no satellite crosses the parcel at that time"]
        lines = [head]
        for chain in self.chains:
            lines += ["", chain.title, *(f"  - {step}" for step in chain.steps)]
            lines.append(f"  => {chain.conclusion}")
        return lines


def explain(
    connection: Connection, season: Season, pid: str, day: date, now: datetime | None = None
) -> Explanation:
    """Explain which values one parcel has from a day, and why others are missing. Does not commit.

    :param day: UTC.
    :param now: instead of the present; aware UTC.
    :raises ParcelUnknown: the season has no such parcel.
    """
    place = connection.execute(
        query("completeness/parcel_place"), {"season": season.id, "pid": pid}
    ).fetchone()
    if place is None:
        hint = "see `cbm season list`, and the report of `cbm parcels load`"
        raise ParcelUnknown(f"season {season.name} has no such parcel", subject=pid, hint=hint)
    assessment = assess(connection, season, now or datetime.now(UTC))
    first, last = day, day
    passes = _passes(assessment, place.tile, place.blk, first, last)
    if not passes and season.starts <= day <= season.ends:
        first, end = season.window(season.period(day))
        last = end - timedelta(days=1)
        passes = _passes(assessment, place.tile, place.blk, first, last)
    known = gaps.rows(connection, season)
    scenes = {
        id(one): _rows(assessment, one) if isinstance(one, Judged) else [] for one, _ in passes
    }
    partners = {id(one): _partners(assessment, expected) for one, expected in passes}
    obsids = {row.obsid for rows in scenes.values() for row in rows}
    values = _values(connection, season, place, sorted(obsids))
    chains = [
        _chain(one, scenes[id(one)], partners[id(one)], values, _gap_of(known, expected))
        if isinstance(one, Judged)
        else _not_run(expected)
        for one, expected in passes
    ]
    return Explanation(season.name, pid, place.tile, first, last, chains)


def parcel_gaps(connection: Connection, season: Season, pid: str) -> set[int]:
    """Ids of the gaps of a season that concern one parcel."""
    values = {"season": season.id, "pid": pid}
    rows = connection.execute(query("completeness/parcel_gaps"), values)
    return {row.id for row in rows}


def _passes(
    assessment: Assessment, tile: str, blk: int, first: date, last: date
) -> list[tuple[Judged | ExpectedPass, ExpectedPass]]:
    """The passes over a block on some days, including days that were not run yet."""
    start, end = day_bounds(first, last)
    found: list[tuple[Judged | ExpectedPass, ExpectedPass]] = [
        (one, one.expected) for one in assessment.judged
    ]
    found += [(one, one) for passes in assessment.not_run.values() for one in passes]
    return sorted(
        (
            (one, expected)
            for one, expected in found
            if expected.tile == tile and start <= expected.at < end and blk in expected.blocks
        ),
        key=lambda pair: (pair[1].at, pair[1].card),
    )


def _rows(assessment: Assessment, one: Judged) -> list[Sighting]:
    expected = one.expected
    return assessment.sightings.near(
        expected.rel_orbit, expected.tile, expected.at, expected.satellite
    )


def _partners(assessment: Assessment, expected: ExpectedPass) -> list[Sighting] | None:
    """Level-1 scenes of a coherence pass' earlier acquisition; None for other cards."""
    if expected.card not in PAIR:
        return None
    at, kind = expected.at - PAIR[expected.card], SOURCE_OF_CARD[expected.card]
    found = assessment.sightings.near(expected.rel_orbit, expected.tile, at)
    return [row for row in found if row.kind is kind]


def _values(
    connection: Connection, season: Season, place: Any, obsids: Sequence[int]
) -> dict[int, Any]:
    clear = list(settings().extraction.clear_classes) or list(range(1, 12))
    rows = connection.execute(
        query("completeness/parcel_values"),
        {
            "season": season.id,
            "blk": place.blk,
            "pos": place.pos,
            "obsids": list(obsids),
            "clear": clear,
        },
    )
    return {row.obsid: row for row in rows}


def _gap_of(known: Sequence[Gap], expected: ExpectedPass) -> Gap | None:
    names = ("card", "satellite", "rel_orbit", "tile")
    for gap in known:
        same = all(getattr(gap, name) == getattr(expected, name) for name in names)
        if same and abs(gap.expected_at - expected.at) <= TOLERANCE:
            return gap
    return None


def _title(expected: ExpectedPass) -> str:
    direction = _DIRECTION.get(expected.direction or "", "")
    return (
        f"{CARD_NAME[expected.card]} of {expected.satellite}, orbit {expected.rel_orbit}"
        f" {direction}, expected {when(expected.at)}"
    )


def _not_run(expected: ExpectedPass) -> Chain:
    text = "no run has reached this day yet, so nothing has looked for it"
    return Chain(_title(expected), [], text, has_value=False)


def _chain(
    one: Judged,
    rows: Sequence[Sighting],
    partners: Sequence[Sighting] | None,
    values: Mapping[int, Any],
    gap: Gap | None,
) -> Chain:
    expected, verdict = one.expected, one.verdict
    products = [row for row in rows if row.card is expected.card]
    kind = SOURCE_OF_CARD[expected.card]
    steps = [_level1_step([row for row in rows if row.kind is kind], kind)]
    if partners is not None:
        steps.append(_level1_step(partners, kind, "level-1, earlier one of the pair"))
    if not products:
        steps.append(f"product: no {CARD_NAME[expected.card]} is listed")
    for row in products:
        steps += _product_steps(row, values.get(row.obsid))
    pixels = [values[row.obsid].pixels or 0 for row in products if row.obsid in values]
    has_value = any(count > 0 for count in pixels)
    if verdict.cause is None or has_value:
        what = (
            "it has a value"
            if has_value
            else "the pass is processed, but this parcel has no value from it"
        )
        return Chain(_title(expected), steps, f"{what}: {verdict.evidence}", has_value)
    words = IN_WORDS[verdict.cause]
    if verdict.cause is Cause.NOT_ACQUIRED and partners is not None:
        words = "nothing shows that both acquisitions of the pair were made"
    text = f"{verdict.cause}: {words} ({verdict.evidence})"
    return Chain(_title(expected), steps, f"{text}; {_outlook(verdict.cause, gap)}", has_value)


def _outlook(cause: Cause, gap: Gap | None) -> str:
    """What happens next, and who can act."""
    who = f"who can act: {WHO_CAN_ACT[cause]}"
    if gap is None:
        return f"not recorded as a gap yet (`cbm gaps refresh`); {who}"
    if gap.next_check is None:
        closed = f" since {gap.closed_at:%Y-%m-%d}" if gap.closed_at else ""
        return f"gap {gap.id} is {gap.state}{closed}, it is not tried again; {who}"
    return f"gap {gap.id} is {gap.state}; next try {when(gap.next_check)}; {who}"


def _level1_step(rows: Sequence[Sighting], kind: Kind, name: str = "level-1") -> str:
    if not rows:
        return f"{name}: no {kind} is listed"
    references = sorted({row.reference for row in rows})
    return f"{name}: {', '.join(references)} is listed{_warning(references)}"


def _warning(references: Sequence[str], said: str = "") -> str:
    """That a product is known to be bad, unless its reason says so."""
    bad = why_bad(references)
    return f"; known to be bad: {bad}" if bad and str(bad) not in said else ""


def _product_steps(row: Sighting, value: Any) -> list[str]:
    why = explained(row.cause, row.reason)
    state = f"{row.status}, {why}" if why else row.status
    steps = [
        f"product: {row.reference} (scene {row.obsid}) is {state}{_warning([row.reference], why)}"
    ]
    if row.unit is None:
        if row.status not in (Status.SUPERSEDED, Status.FAILED):
            steps.append("extraction: not planned yet over this tile")
        return steps
    why = explained(row.unit_cause, row.unit_reason)
    unit = f", {why}" if why else ""
    records = "" if row.records is None else f", {row.records} records over the tile"
    steps.append(f"extraction: {row.unit}{records}{unit}")
    if row.unit == "extracted":
        steps.append(f"parcel: {_parcel_value(value)}")
    return steps


def _parcel_value(value: Any) -> str:
    if value is None:
        return "outside the product"
    if value.bands is None:
        text = "no band was extracted"
    elif value.pixels:
        text = f"{value.pixels:g} valid pixels (rule {value.rule})"
    else:
        text = f"no valid pixel (rule {value.rule})"
    if value.classified:
        share = value.clear / value.classified
        text += f"; {share:.0%} of its {value.classified:g} classified pixels are clear"
    return text
