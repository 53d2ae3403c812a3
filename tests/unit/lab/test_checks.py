"""The report's checks on a hand-made season: sound findings pass, each wrong number is noticed."""

from __future__ import annotations

import copy
import datetime
from typing import Any

import planted_season
import pytest

from dias_cbm_lab.demo import checks

LATE = {"satellite": "S1A", "rel_orbit": 139, "date": "2018-06-20"}
FAILED = {"satellite": "S1B", "rel_orbit": 44, "date": "2018-05-29"}
BS = {"listed": 6, "made": 1, "extracted": 4, "superseded": 1, "failed": 1, "no_parcels": 1}
S2 = {"listed": 2, "made": 0, "extracted": 1, "superseded": 1, "failed": 0, "no_parcels": 0}
TRUTH: dict[str, Any] = {
    "cards": {"bs": {"afterwards": BS}, "s2": {"afterwards": S2}},
    "level1": {"S1_GRD": {"afterwards": 6}},
    "made": [
        {
            "card": "bs",
            "date": "2018-05-11",
            "direction": "A",
            "reference": "MADE_CARD_BS",
            "sources": ["GRD"],
        }
    ],
    "gaps": [
        {"card": "bs", **FAILED, "cause": "not_acquired", "fate": "open"},
        {"card": "bs", **LATE, "cause": "not_published", "fate": "recovered"},
    ],
    "faults": {
        "late": {"names": ["LATE_CARD_BS"]},
        "twin": {"names": ["NRT_CARD_BS", "FAST_CARD_BS"]},
        "reprocessed": {"names": ["OLD.SAFE", "NEW.SAFE"]},
        "truncated": {"names": ["SHORT_CARD_BS"]},
        "no_parcels": {"names": ["NORTH_CARD_BS"]},
        "cloudy": {"date": "2018-06-01"},
    },
    "wrong_declarations": [{"pid": 1}, {"pid": 2}],
    "planted": planted_season.TRUTH,
}


def scene(kind: str, card: str | None, status: str, scenes: int) -> dict[str, Any]:
    return {"kind": kind, "card": card, "status": status, "scenes": scenes}


def product(reference: str, status: str, cause: str | None = None) -> dict[str, Any]:
    return {"reference": reference, "status": status, "cause": cause}


def gap(satellite: str, rel_orbit: int, day: str, cause: str, state: str) -> dict[str, Any]:
    return {
        "card": "s2" if satellite == "S2A" else "bs",
        "satellite": satellite,
        "rel_orbit": rel_orbit,
        "day": datetime.date.fromisoformat(day),
        "cause": cause,
        "state": state,
    }


@pytest.fixture
def findings() -> dict[str, Any]:
    return {
        "scenes": [
            scene("CARD_BS", "bs", "extracted", 4),
            scene("CARD_BS", "bs", "superseded", 1),
            scene("CARD_BS", "bs", "failed", 1),
            scene("CARD_BS", "bs", "no_parcels", 1),
            scene("S2_L2A", "s2", "extracted", 1),
            scene("S2_L2A", "s2", "superseded", 1),
            scene("S1_GRD", None, "ingested", 6),
        ],
        "made": [
            {
                "reference": "MADE_CARD_BS",
                "status": "extracted",
                "engine": "embedded",
                "sources": ["GRD.SAFE"],
                "records": 79,
            }
        ],
        "planted": [
            product("LATE_CARD_BS", "extracted"),
            product("NRT_CARD_BS", "superseded"),
            product("FAST_CARD_BS", "extracted"),
            product("SHORT_CARD_BS", "failed", "corrupt"),
            product("NORTH_CARD_BS", "no_parcels"),
            product("OLD", "superseded"),
            product("NEW", "extracted"),
        ],
        "gaps": [
            gap("S1B", 44, "2018-05-29", "not_acquired", "missing"),
            gap("S1A", 139, "2018-06-20", "not_published", "recovered"),
            gap("S2A", 108, "2018-06-01", "cloudy", "confirmed"),
        ],
        "records": [
            {"card": "bs", "counted": 30, "stored": 30, "scenes": 4, "seconds": 2.0},
            {"card": "s2", "counted": 10, "stored": 10, "scenes": 1, "seconds": 1.0},
        ],
        "means": [{"card": "bs", "means": 9, "different": 0}],
        "totals": [{"parcels": 40, "open_units": 0}],
        "outliers": [
            {"pid": str(pid), "status": "outlier" if pid <= 2 else "confirmed"}
            for pid in range(1, 41)
        ],
        "markers": planted_season.findings(40),
        "mails": ["2 gaps open", "1 gap open, 1 recovered"],
        "failed_runs": [],
    }


def failed(findings: dict[str, Any]) -> set[str]:
    return {check.name for check in checks.all_checks(findings, TRUTH) if not check.ok}


def test_a_sound_season_passes_every_check(findings: dict[str, Any]) -> None:
    assert failed(findings) == set()
    assert len(checks.all_checks(findings, TRUTH)) > 15


WRONG = {
    "bs: scenes by state": lambda f: f["scenes"][0].update(scenes=2),
    "bs: scenes listed or made": lambda f: f["scenes"].pop(3),
    "level-1 acquisitions found": lambda f: f["scenes"][6].update(scenes=5),
    "products made that are published": lambda f: f["made"].append({"reference": "OTHER"}),
    "late pass: extracted when published": lambda f: f["planted"].pop(0),
    "NRT-3h scene: replaced by its twin": lambda f: f["planted"][1].update(status="extracted"),
    "reprocessed tile: replaced": lambda f: f["planted"].pop(6),
    "truncated object: set aside": lambda f: f["planted"][3].update(status="extracted"),
    "truncated object: recorded cause": lambda f: f["planted"][3].update(cause="fetch_failed"),
    "scene without parcels: recorded": lambda f: f["planted"][4].update(status="extracted"),
    "gap bs S1B 44 2018-05-29": lambda f: f["gaps"].pop(0),
    "gap bs S1A 139 2018-06-20": lambda f: f["gaps"][1].update(state="missing"),
    "cloudy passes": lambda f: f["gaps"].pop(2),
    "gaps that were not planted": lambda f: f["gaps"].append(
        gap("S1A", 44, "2018-06-04", "pending", "late")
    ),
    "bs: records counted and stored": lambda f: f["records"][0].update(stored=29),
    "bs: scenes with records": lambda f: f["records"][0].update(scenes=3),
    "bs: five-day means that differ from avg()": lambda f: f["means"][0].update(different=1),
    "units of extraction left open": lambda f: f["totals"][0].update(open_units=1),
    "parcels judged": lambda f: f["outliers"].pop(),
    "planted wrong declarations listed": lambda f: [
        row.update(status="confirmed") for row in f["outliers"]
    ],
    "markers without an answer for every parcel": lambda f: f["markers"]["answers"].pop("mowing"),
    "digest mails on the gaps and on the recovery": lambda f: f["mails"].pop(),
    "DAG runs that failed": lambda f: f["failed_runs"].append("cbm_bs backfill__2018-05-11"),
}


@pytest.mark.parametrize("name", WRONG)
def test_each_wrong_number_is_noticed(name: str, findings: dict[str, Any]) -> None:
    wrong = copy.deepcopy(findings)
    WRONG[name](wrong)
    assert name in failed(wrong)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (None, "not made"),
        ({"status": "failed"}, "failed, made by embedded of 1"),
        ({"engine": "snap"}, "extracted, made by snap of 1"),
        ({"sources": ["OTHER"]}, "extracted, made by embedded of 1 others"),
        ({"records": 75}, "extracted, made by embedded of 1, 75 records of 80"),
    ],
)
def test_a_product_that_was_not_made_all_the_way_is_told(
    findings: dict[str, Any], change: dict[str, Any] | None, found: str
) -> None:
    if change is None:
        findings["made"].clear()
    else:
        findings["made"][0].update(change)
    (wrong,) = (check for check in checks.all_checks(findings, TRUTH) if not check.ok)
    assert (wrong.name, wrong.found) == ("bs of 2018-05-11 A, not published by any platform", found)


def test_a_gap_of_another_cause_is_named(findings: dict[str, Any]) -> None:
    findings["gaps"][1]["cause"] = "corrupt"
    found = next(
        check for check in checks.all_checks(findings, TRUTH) if check.name.endswith("2018-06-20")
    )
    assert (found.expected, found.found) == (
        "not_published, recovered",
        "corrupt, recovered",
    )


@pytest.mark.parametrize(("listed_wrong", "ok"), [(49, False), (50, True)])
def test_a_large_season_needs_half_of_the_wrong_declarations(listed_wrong: int, ok: bool) -> None:
    verdicts = [
        {"pid": str(pid), "status": "outlier" if pid < listed_wrong else "confirmed"}
        for pid in range(2_000)
    ]
    truth = {"wrong_declarations": [{"pid": pid} for pid in range(100)]}
    found = {"outliers": verdicts, "totals": [{"parcels": 2_000}]}
    recall = checks.outlier_checks(found, truth)[1]
    assert (recall.expected, recall.found, recall.ok) == ("50 or more", listed_wrong, ok)


def test_a_small_season_needs_three_times_what_chance_would_list() -> None:
    # 8 listed of 300 with 15 planted: chance lists 0.4 of them, so 1.2 are needed.
    truth = {"wrong_declarations": [{"pid": pid} for pid in range(15)]}

    def check(right: int) -> checks.Check:
        listed = {*range(right), *range(100, 108 - right)}
        verdicts = [
            {"pid": str(pid), "status": "outlier" if pid in listed else "confirmed"}
            for pid in range(300)
        ]
        found = {"outliers": verdicts, "totals": [{"parcels": 300}]}
        return checks.outlier_checks(found, truth)[1]

    assert not check(1).ok
    assert check(2).ok
