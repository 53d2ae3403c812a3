"""The checks of the demo's report: planted against found, and sums that must agree."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dias_cbm.scenes import stem
from dias_cbm_lab.demo import planted
from dias_cbm_lab.demo.check import Check, equal

#: The clock for which the truth is compared: everything late has been published.
CLOCK = "afterwards"

#: This share of the planted wrong declarations must be listed. In a season with fewer parcels,
#: whose crops are too rare to be learnt, this many times what chance would list.
LEAST_RECALL, ENOUGH_PARCELS, LEAST_LIFT = 0.5, 1_000, 3

#: A product made here must have records for this share of the parcels.
_MADE_SHARE = 0.95

_CLOSED = ("recovered", "confirmed")
Rows = Sequence[Mapping[str, Any]]


def line(check: Check) -> str:
    """The check as one line of text."""
    mark = "ok    " if check.ok else "FAILED"
    detail = f"{check.found}" if check.ok else f"found {check.found}, expected {check.expected}"
    return f"  {mark} {check.name}: {detail}"


def all_checks(findings: Mapping[str, Any], truth: Mapping[str, Any]) -> list[Check]:
    """Every check of the report.

    :param findings: rows of ``sql/queries/demo_*.sql`` by name, and ``markers``, ``mails``,
        ``failed_runs``.
    :param truth: the truth file of the season.
    """
    return [
        *scene_checks(findings, truth),
        *made_checks(findings, truth),
        *fault_checks(findings["planted"], truth["faults"]),
        *gap_checks(findings["gaps"], truth),
        *sum_checks(findings),
        *outlier_checks(findings, truth),
        *planted.checks(findings["markers"], truth["planted"], findings["totals"][0]["parcels"]),
        Check(
            "digest mails on the gaps and on the recovery",
            "2 or more",
            len(findings["mails"]),
            len(findings["mails"]) >= 2,
        ),
        equal("DAG runs that failed", [], findings["failed_runs"]),
    ]


def states_of(findings: Mapping[str, Any], card: str) -> dict[str, int]:
    """State -> number of scenes of a card."""
    return {row["status"]: row["scenes"] for row in findings["scenes"] if row["card"] == card}


def scene_checks(findings: Mapping[str, Any], truth: Mapping[str, Any]) -> list[Check]:
    """Scenes by card and state, and level-1 acquisitions by kind."""
    checks = []
    for card, numbers in truth["cards"].items():
        states = dict(numbers[CLOCK])
        scenes = states.pop("listed") + states.pop("made")
        expected = {state: n for state, n in states.items() if n}
        checks.append(equal(f"{card}: scenes by state", expected, states_of(findings, card)))
        found = sum(states_of(findings, card).values())
        checks.append(equal(f"{card}: scenes listed or made", scenes, found))
    level1 = {kind: numbers[CLOCK] for kind, numbers in truth["level1"].items()}
    acquired = {kind: _scenes_of_kind(findings["scenes"], kind) for kind in level1}
    return [*checks, equal("level-1 acquisitions found", level1, acquired)]


def made_checks(findings: Mapping[str, Any], truth: Mapping[str, Any]) -> list[Check]:
    """Each product that no platform published must be made here of its acquisitions and extracted.

    :param findings: with rows of ``made``; no other product may have been made.
    """
    parcels = findings["totals"][0]["parcels"]
    rows = {row["reference"]: row for row in findings["made"]}
    checks = []
    for one in truth["made"]:
        row = rows.pop(one["reference"], None)
        name = f"{one['card']} of {one['date']} {one['direction']}, not published by any platform"
        wanted = f"extracted, made by embedded of {len(one['sources'])}"
        if row is None:
            checks.append(equal(name, wanted, "not made"))
            continue
        # Records of two polarisations; some parcels are smaller than a pixel.
        whole = row["records"] >= _MADE_SHARE * 2 * parcels
        sources = [stem(source) for source in row["sources"]]
        found = f"{row['status']}, made by {row['engine']} of {len(sources)}"
        found += "" if sources == one["sources"] else " others"
        found += "" if whole else f", {row['records']} records of {2 * parcels}"
        checks.append(equal(name, wanted, found))
    return [*checks, equal("products made that are published", [], sorted(rows))]


def fault_checks(planted: Rows, faults: Mapping[str, Any]) -> list[Check]:
    """Each planted fault as the ledger should show it.

    :param planted: ``reference``, ``status``, ``cause`` of every scene.
    """
    ledger = {row["reference"].removesuffix(".SAFE"): row for row in planted}

    def rows(fault: str) -> list[Mapping[str, Any]]:
        names = [name.removesuffix(".SAFE") for name in faults[fault]["names"]]
        return [ledger.get(name, {"status": "unknown", "cause": None}) for name in names]

    def states(fault: str) -> list[str]:
        return sorted(row["status"] for row in rows(fault))

    causes = {row["cause"] for row in rows("truncated")}
    return [
        equal("late pass: extracted when published", ["extracted"], states("late")),
        equal("NRT-3h scene: replaced by its twin", ["extracted", "superseded"], states("twin")),
        equal("reprocessed tile: replaced", ["extracted", "superseded"], states("reprocessed")),
        equal("truncated object: set aside", ["failed"], states("truncated")),
        equal("truncated object: recorded cause", {"corrupt"}, causes),
        equal("scene without parcels: recorded", ["no_parcels"], states("no_parcels")),
    ]


def gap_checks(gaps: Rows, truth: Mapping[str, Any]) -> list[Check]:
    """Planted gaps, each with its cause and end; and none that was not planted."""
    cloudy = truth["faults"]["cloudy"]["date"]
    planted = {_pass(gap, gap["date"]): gap for gap in truth["gaps"]}
    found = {_pass(gap, gap["day"]): gap for gap in gaps}
    checks = []
    for key, gap in planted.items():
        name = "gap " + " ".join(map(str, key))
        row = found.get(key)
        outcome = f"{row['cause']}, {fate(row['state'])}" if row else "no gap"
        checks.append(equal(name, f"{gap['cause']}, {gap['fate']}", outcome))
    others = {key: row for key, row in found.items() if key not in planted}
    clouded = {key: row for key, row in others.items() if row["cause"] == "cloudy"}
    days = sorted(str(row["day"]) for row in clouded.values())
    unplanted = [f"{' '.join(map(str, key))}: {row['cause']}" for key, row in others.items()]
    unplanted = [text for text in unplanted if not text.endswith(": cloudy")]
    return [
        *checks,
        equal("cloudy passes", [cloudy], days),
        equal("gaps that were not planted", [], unplanted),
    ]


def sum_checks(findings: Mapping[str, Any]) -> list[Check]:
    """Numbers that must agree with each other."""
    checks = []
    for row in findings["records"]:
        card, scenes = row["card"], states_of(findings, row["card"]).get("extracted", 0)
        checks.append(equal(f"{card}: records counted and stored", row["counted"], row["stored"]))
        checks.append(equal(f"{card}: scenes with records", scenes, row["scenes"]))
    checks += [
        equal(f"{row['card']}: five-day means that differ from avg()", 0, row["different"])
        for row in findings["means"]
    ]
    totals = findings["totals"][0]
    checks.append(equal("units of extraction left open", 0, totals["open_units"]))
    return checks


def outlier_checks(findings: Mapping[str, Any], truth: Mapping[str, Any]) -> list[Check]:
    """No parcel may be missing, and the planted wrong declarations must be listed."""
    numbers = outliers_found(findings["outliers"], truth)
    parcels, planted, listed = (numbers[key] for key in ("parcels", "planted", "listed"))
    needed = planted * LEAST_RECALL
    if parcels < ENOUGH_PARCELS:
        needed = max(1, LEAST_LIFT * planted * listed / max(1, parcels))
    return [
        equal("parcels judged", findings["totals"][0]["parcels"], parcels),
        Check(
            "planted wrong declarations listed",
            f"{math.ceil(needed)} or more",
            numbers["found"],
            numbers["found"] >= needed,
        ),
    ]


def outliers_found(verdicts: Rows, truth: Mapping[str, Any]) -> dict[str, Any]:
    """How many of the planted wrong declarations are among the listed outliers."""
    wrong = {str(one["pid"]) for one in truth["wrong_declarations"]}
    listed = {row["pid"] for row in verdicts if row["status"] == "outlier"}
    found = len(wrong & listed)
    return {
        "parcels": len(verdicts),
        "listed": len(listed),
        "planted": len(wrong),
        "found": found,
        "recall": found / len(wrong) if wrong else 1.0,
    }


def _scenes_of_kind(scenes: Iterable[Mapping[str, Any]], kind: str) -> int:
    return sum(row["scenes"] for row in scenes if row["kind"] == kind)


def _pass(gap: Mapping[str, Any], day: Any) -> tuple[str, ...]:
    return gap["card"], gap["satellite"], str(gap["rel_orbit"]), str(day)


def fate(state: str) -> str:
    """The end of a gap in a state: still open, or how it was closed."""
    return state if state in _CLOSED else "open"
