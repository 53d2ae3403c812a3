"""Expected results of the season. The pipeline never reads them; the demo's report does."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from dias_cbm.card.product_names import reference_of
from dias_cbm.scenes import Card, Cause, Kind, stem
from dias_cbm_lab.dias.listing import text
from dias_cbm_lab.season.passes import Pass
from dias_cbm_lab.season.place import LABEL
from dias_cbm_lab.season.plan import NORTHERN_SLICE, REPROCESSED_BASELINE, Entry, Lacking, Plan


def outcome(plan: Plan, entry: Entry, clock: datetime) -> str:
    """The state that the ledger should end with for a CARD product visible at the clock."""
    faults = plan.faults
    if entry.kind is Kind.CARD_BS and entry.slice == NORTHERN_SLICE:
        return "no_parcels"
    if entry.timeliness == "NRT-3h":
        return "superseded"
    if (
        entry.kind is Kind.S2_L2A
        and entry.of == faults.reprocessed
        and entry.baseline != REPROCESSED_BASELINE
        and any(e.published <= clock for e in plan.entries if e.baseline == REPROCESSED_BASELINE)
    ):
        return "superseded"
    return "failed" if entry.truncated else "extracted"


def gaps(plan: Plan) -> list[dict[str, Any]]:
    """Every pass that should be reported as a gap, with its cause and its end.

    The overcast pass is not included: whether it is too cloudy depends on a setting.
    """
    faults = plan.faults
    radar = [
        one for one in plan.expected[Card.C6] if one.rel_orbit == faults.failed_orbit.rel_orbit
    ]
    after = radar[radar.index(faults.failed_orbit) + 1]
    return [
        _gap(Card.BS, faults.failed_orbit, Cause.NOT_ACQUIRED, "open"),
        _gap(Card.C6, faults.failed_orbit, Cause.NOT_ACQUIRED, "open"),
        _gap(Card.C6, after, Cause.NOT_ACQUIRED, "open"),
        _gap(Card.BS, faults.truncated, Cause.CORRUPT, "open"),
        _gap(Card.BS, faults.late, Cause.NOT_PUBLISHED, "recovered"),
    ]


def describe(plan: Plan, wrong: list[dict[str, Any]]) -> dict[str, Any]:
    """The whole truth as a JSON document.

    :param wrong: the wrong declarations: ``pid``, ``declared``, ``true``.
    """
    clocks = {"season_end": plan.season_end, "afterwards": plan.afterwards}
    return {
        "label": LABEL,
        "seed": plan.seed,
        "season": {"starts": plan.starts.isoformat(), "ends": plan.ends.isoformat()},
        "clocks": {name: text(clock) for name, clock in clocks.items()},
        "level1": {
            kind.value: {name: _visible(plan, kind, clock) for name, clock in clocks.items()}
            for kind in (Kind.S1_GRD, Kind.S1_SLC, Kind.S2_L1C)
        },
        "cards": {card.value: _card(plan, card, clocks) for card in plan.expected},
        "made": [_made(one) for one in plan.lacking],
        "gaps": gaps(plan),
        "faults": {
            "failed_orbit": _pass(plan.faults.failed_orbit),
            "late": _pass(plan.faults.late) | _names(plan, plan.faults.late, Kind.CARD_BS),
            "twin": _pass(plan.faults.twin) | _names(plan, plan.faults.twin, Kind.CARD_BS),
            "truncated": _pass(plan.faults.truncated)
            | _names(plan, plan.faults.truncated, Kind.CARD_BS),
            "no_parcels": _pass(plan.faults.no_parcels)
            | {"names": [e.name for e in plan.entries if e.stored and e.slice == NORTHERN_SLICE]},
            "reprocessed": _pass(plan.faults.reprocessed)
            | _names(plan, plan.faults.reprocessed, Kind.S2_L2A),
            "cloudy": _pass(plan.faults.cloudy) | _names(plan, plan.faults.cloudy, Kind.S2_L2A),
        },
        "wrong_declarations": wrong,
    }


def _card(plan: Plan, card: Card, clocks: dict[str, datetime]) -> dict[str, Any]:
    described: dict[str, Any] = {"passes": len(plan.expected[card])}
    made = sum(one.card is card for one in plan.lacking)
    for name, clock in clocks.items():
        listed = [e for e in plan.entries if e.kind.card is card and e.published <= clock]
        states = Counter(outcome(plan, entry, clock) for entry in listed)
        states["extracted"] += made
        described[name] = {"listed": len(listed), "made": made} | {
            state: states[state] for state in ("extracted", "superseded", "failed", "no_parcels")
        }
    return described


def _visible(plan: Plan, kind: Kind, clock: datetime) -> int:
    return sum(
        e.kind is kind and e.published <= clock and e.start.date() >= plan.starts
        for e in plan.entries
    )


def _gap(card: Card, one: Pass, cause: Cause, fate: str) -> dict[str, Any]:
    return {"card": card.value, **_pass(one), "cause": cause.value, "fate": fate}


def _made(one: Lacking) -> dict[str, Any]:
    """A product to make here: its name in the ledger, and its sources."""
    names = [stem(name) for name in one.sources]
    reference = reference_of(one.card, *names)
    return {"card": one.card.value, **_pass(one.of), "reference": reference, "sources": names}


def _pass(one: Pass) -> dict[str, Any]:
    return {
        "satellite": one.satellite,
        "rel_orbit": one.rel_orbit,
        "direction": one.direction,
        "date": one.start.date().isoformat(),
        "expected_at": text(one.start),
    }


def _names(plan: Plan, one: Pass, kind: Kind) -> dict[str, list[str]]:
    return {"names": [e.name for e in plan.entries if e.of == one and e.kind is kind]}
