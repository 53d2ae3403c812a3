"""Causes of gaps: one cause per missing pass, decided by the evidence in the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dias_cbm.cards import CARDS
from dias_cbm.completeness.expected import PAIR, ExpectedPass
from dias_cbm.completeness.plans import Answer
from dias_cbm.completeness.policy import policy_of
from dias_cbm.completeness.scene_tiles import Sighting
from dias_cbm.errors import DatabaseError
from dias_cbm.scenes import REPEAT_CYCLE, SOURCE_OF_CARD, Card, Cause, Status, explained

#: Names of the cards outside this system.
CARD_NAME: Mapping[Card, str] = {card: row.label for card, row in CARDS.items()}

#: Who can do something about a gap of a cause.
WHO_CAN_ACT: Mapping[Cause, str] = {
    Cause.NOT_PLANNED: "nobody",
    Cause.NOT_ACQUIRED: "the platform, if it was acquired at all",
    Cause.NOT_PUBLISHED: "the platform",
    Cause.NOT_INDEXED: "the platform",
    Cause.CARD_FAILED: "us",
    Cause.ORBIT_UNREADABLE: "us: fetch the orbit file again",
    Cause.KNOWN_BAD: "the platform; or us, with catalogue.known_bad_alone",
    Cause.UNSYNCHRONISED: "nobody",
    Cause.FETCH_FAILED: "us or the platform",
    Cause.CORRUPT: "the platform",
    Cause.CLOUDY: "nobody",
    Cause.NO_PARCELS: "nobody",
    Cause.EXTRACTION_FAILED: "us",
    Cause.PENDING: "us",
}

#: Causes of passes that are as complete as they could be, which nobody needs to be told.
WITHOUT_USE = frozenset({Cause.NOT_PLANNED, Cause.CLOUDY, Cause.NO_PARCELS})
#: Causes that neither waiting nor another try will change.
FINAL = WITHOUT_USE | {Cause.UNSYNCHRONISED}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that the ledger has on one expected pass.

    :param rows: sightings of the pass by its satellite, level-1 and CARD, of any state.
    :param partner: for a coherence pass, level-1 sightings of its earlier acquisition.
    :param level1_kept: whether the ledger keeps level-1 entries of this kind at all.
    :param last_seen: when the satellite was last seen over the area before, on any orbit.
    :param plan: what the acquisition plans say about it, if there are any.
    :param asked: whether the run of its day has ended, so that the catalogue was asked.
    """

    rows: Sequence[Sighting] = ()
    partner: Sequence[Sighting] = ()
    level1_kept: bool = True
    last_seen: datetime | None = None
    plan: Answer = field(default_factory=Answer)
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for an expected pass.

    :param cause: None when it has its signatures.
    :param evidence: why, in plain words.
    :param obsid: the scene it is based on, if any.
    :param hole: if only a part of the pass is missing, the blocks of parcels without product.
    """

    cause: Cause | None
    evidence: str
    obsid: int | None = None
    hole: frozenset[int] = frozenset()

    @property
    def satisfied(self) -> bool:
        """Whether the pass has its signatures, or needs none because it meets no parcels."""
        return self.cause is None


@dataclass(frozen=True, slots=True)
class Limits:
    """The settings that decide causes.

    :param latency: usual time from sensing to publication of the card.
    :param cloudy_share: share of clear pixels below which a pass is too cloudy.
    """

    latency: timedelta
    cloudy_share: float = 0.01
    now: datetime = field(kw_only=True)


def decide(expected: ExpectedPass, evidence: Evidence, limits: Limits) -> Verdict:
    """Decide whether a pass has its signatures, and the cause if not.

    A pass of several scenes is complete only when all of them are: one failed scene makes a gap
    although the others are extracted. So does ground that its scenes leave out and this orbit's
    other passes cover. Counting slices would not work: they shift along the orbit between passes.
    """
    products = [row for row in evidence.rows if row.card is expected.card]
    placed = [row for row in products if row.tile is not None]
    in_force = [row for row in placed if row.status is not Status.SUPERSEDED]
    if in_force:
        replaced = [row for row in placed if row.status is Status.SUPERSEDED and row.records]
        verdict = _of_products(in_force, replaced, limits)
        done = verdict.cause in (None, Cause.CLOUDY, Cause.NO_PARCELS)
        return (_hole(expected, in_force, evidence, limits) if done else None) or verdict
    if placed:
        return Verdict(
            Cause.NOT_PUBLISHED,
            f"{placed[-1].reference} was superseded by a product that does not cover this tile",
            placed[-1].obsid,
        )
    if products:
        return Verdict(
            Cause.NOT_INDEXED,
            f"the catalogue lists {products[0].reference} without a footprint",
            products[0].obsid,
        )
    if not evidence.rows and expected.unplanned:
        return Verdict(Cause.NOT_PLANNED, expected.unplanned)
    if not evidence.rows and evidence.plan.planned is False:
        return Verdict(Cause.NOT_PLANNED, evidence.plan.evidence)
    return _of_acquisitions(expected, evidence, limits)


def when(time: datetime) -> str:
    """A time for people, e.g. ``2018-06-03 05:41 UTC``."""
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _of_products(rows: Sequence[Sighting], replaced: Sequence[Sighting], limits: Limits) -> Verdict:
    done = [row for row in rows if row.unit in ("extracted", "no_parcels")]
    copies = {row.reference for row in done}
    failed = [
        row
        for row in rows
        if row not in done
        and (row.status is Status.FAILED or row.unit == "failed")
        and row.reference not in copies
    ]
    if failed:
        # What can be tried again comes first, so that the gap stays open for it.
        failed.sort(key=lambda row: (row.unit_cause or row.cause) in FINAL)
        return _failure(failed[0], len(rows), bool(replaced))
    waiting = [row for row in rows if row not in done and row.reference not in copies]
    if waiting and not replaced:
        return Verdict(Cause.PENDING, _waiting(waiting[0]), waiting[0].obsid)
    if waiting:
        return Verdict(
            None,
            f"{replaced[-1].reference} is extracted, a better one is to follow",
            replaced[-1].obsid,
        )
    return _extracted(done, limits)


def _failure(row: Sighting, scenes: int, replaced: bool) -> Verdict:
    unit_failed = row.unit == "failed"
    cause, reason = (row.unit_cause, row.unit_reason) if unit_failed else (row.cause, row.reason)
    if cause is None:
        raise DatabaseError("has failed without a cause", subject=f"scene {row.obsid}")
    text = f"{row.reference}: {_message(cause, reason, row.reference)}"
    if row.attempts:
        text += f" (tried {row.attempts} times)" if row.attempts > 1 else " (tried once)"
    policy = policy_of(cause.of_gap, attempts=row.attempts)
    if not policy.again:
        text += f"; {policy.does}"
    if scenes > 1:
        text += f"; one of {scenes} scenes of this pass"
    if replaced:
        text += "; signatures of an earlier version are kept"
    return Verdict(cause.of_gap, text, row.obsid)


def _message(cause: Cause | None, reason: str | None, reference: str) -> str:
    """A recorded reason without the path to the product, with the cause if gaps do not have it."""
    beside = cause is not None and cause.of_gap is cause
    message = (reason or "") if beside else explained(cause, reason)
    for folder in (f"{reference}/", f"{reference}.SAFE/"):
        message = message.rpartition(folder)[2] if reference else message
    return message


def _waiting(row: Sighting) -> str:
    if row.status in (Status.EXTRACTED, Status.NO_PARCELS):
        return f"{row.reference} was processed before this tile had parcels; plan it again"
    message = _message(row.cause, row.reason, "")
    if row.status is Status.ORDERED and message:
        return f"{row.reference} is to be made: {message}"
    text = f"{row.reference} is listed and is waiting to be processed (state: {row.status})"
    return f"{text}; {message}" if message else text


def _extracted(rows: Sequence[Sighting], limits: Limits) -> Verdict:
    useful = [
        row
        for row in rows
        if row.unit == "no_parcels"
        or (row.records and not _below(row.clear_share, limits.cloudy_share))
    ]
    if useful:
        return Verdict(None, f"extracted from {useful[0].reference}", useful[0].obsid)
    best = max(rows, key=lambda row: row.clear_share or 0.0)
    if best.card is not Card.S2 or best.pixels == 0:
        return Verdict(
            Cause.NO_PARCELS, f"{best.reference} has no valid pixel in any parcel", best.obsid
        )
    share = "" if best.clear_share is None else f": {best.clear_share:.1%} of its pixels are clear"
    return Verdict(
        Cause.CLOUDY, f"{best.reference} shows clouds over the parcels{share}", best.obsid
    )


def _hole(
    expected: ExpectedPass, rows: Sequence[Sighting], evidence: Evidence, limits: Limits
) -> Verdict | None:
    """The verdict if the products leave out blocks of parcels that their orbit usually covers."""
    hole = expected.usual - frozenset[int]().union(*(row.blocks for row in rows))
    if not hole:
        return None
    name = CARD_NAME[expected.card]
    text = (
        f"{len(hole)} of {len(expected.usual)} blocks of parcels that this orbit usually covers are"
        f" outside the {len(rows)} {name} listed"
    )
    kind = SOURCE_OF_CARD[expected.card]
    source = [row for row in evidence.rows if row.kind is kind and row.blocks & hole]
    if limits.now - expected.at < limits.latency:
        return Verdict(Cause.PENDING, f"{text}; the rest may still come", rows[0].obsid, hole)
    if source:
        text = f"{text}; acquired ({source[0].reference or kind})"
        return Verdict(Cause.NOT_PUBLISHED, text, source[0].obsid, hole)
    listed = f", nor in any {kind}" if evidence.level1_kept else ""
    return Verdict(Cause.NOT_ACQUIRED, text + listed, rows[0].obsid, hole)


def _below(share: float | None, limit: float) -> bool:
    return share is not None and share < limit


def _of_acquisitions(expected: ExpectedPass, evidence: Evidence, limits: Limits) -> Verdict:
    """The cause when the catalogue lists no CARD product of the pass."""
    name = CARD_NAME[expected.card]
    age = limits.now - expected.at
    if age < limits.latency:
        hours = limits.latency / timedelta(hours=1)
        return Verdict(
            Cause.PENDING, f"no {name} yet; it is usually published within {hours:g} h of sensing"
        )
    if not evidence.rows and not evidence.asked:
        return Verdict(
            Cause.PENDING, "the run of this day has not ended, so the catalogue was not asked"
        )
    missing = _missing_acquisitions(expected, evidence)
    if not missing:
        source = evidence.rows[0]
        return Verdict(
            Cause.NOT_PUBLISHED,
            f"acquired ({source.reference or source.kind}), but no {name} of it is listed",
            source.obsid,
        )
    text = f"the catalogue lists neither a {name} nor {' nor '.join(missing)}"
    if not evidence.level1_kept:
        text = f"the catalogue lists no {name}; level-1 entries, which would show why, are not kept"
    if evidence.plan.planned:
        text = f"{text}; {evidence.plan.evidence}"
    return Verdict(Cause.NOT_ACQUIRED, text + _silence(expected, evidence))


def _missing_acquisitions(expected: ExpectedPass, evidence: Evidence) -> list[str]:
    """The acquisitions of the pass of which the ledger has no scene."""
    kind = SOURCE_OF_CARD[expected.card]
    if expected.card not in PAIR:
        return [] if evidence.rows else [f"the {kind} acquisition of {when(expected.at)}"]
    earlier = expected.at - PAIR[expected.card]
    pair = (
        (evidence.rows, f"the later acquisition of the pair ({kind}, {when(expected.at)})"),
        (evidence.partner, f"the earlier acquisition of the pair ({kind}, {when(earlier)})"),
    )
    return [text for rows, text in pair if not rows]


def _silence(expected: ExpectedPass, evidence: Evidence) -> str:
    """A note on when the satellite was last seen, if that is more than a cycle ago; else empty."""
    cycle = REPEAT_CYCLE[expected.satellite[:2]]
    if evidence.last_seen is None or expected.at - evidence.last_seen <= cycle:
        return ""
    return f"; {expected.satellite} was last seen over the area {when(evidence.last_seen)}"
