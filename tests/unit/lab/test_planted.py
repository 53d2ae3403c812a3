"""The checks on what was planted: sound findings pass, and each wrong one is noticed."""

from __future__ import annotations

from typing import Any

import planted_season
import pytest

from dias_cbm_lab.demo import planted

PARCELS = 40


def failed(findings: dict[str, Any]) -> list[str]:
    checks = planted.checks(findings, planted_season.TRUTH, PARCELS)
    return [check.name for check in checks if not check.ok]


@pytest.fixture
def findings() -> dict[str, Any]:
    return planted_season.findings(PARCELS)


def test_sound_findings_pass_and_are_counted(findings: dict[str, Any]) -> None:
    assert failed(findings) == []
    numbers = planted.numbers(findings, planted_season.TRUTH)
    assert (numbers["cuts_shown"], numbers["cuts_found"], numbers["cuts_hidden"]) == (1, 1, 1)
    assert (numbers["ploughed_found"], numbers["mixed_found"]) == (1, 1)
    assert numbers["colours"]["meadow_mown"] == {"green": 2, "red": 1, "yellow": 2}


def change(pid: str, **values: Any) -> Any:
    return lambda found: found["parcels"][pid].update(values)


def colour(scheme: str, pid: str, value: str) -> Any:
    return lambda found: found["colours"][scheme].update({pid: value})


CUTS = "planted cuts found on their day, of 1 that two looks could show (1 hidden by clouds)"
WRONG = {
    "markers without an answer for every parcel": lambda f: f["answers"].update(mowing=39),
    "planted meadows without an answer": lambda f: f["parcels"].pop("3"),
    CUTS: change("1", events=[]),
    "cuts found on meadows that were not mown": change(
        "3", events=[planted_season.event("mowing")]
    ),
    "meadow ploughed on 2018-05-22: between": change("4", events=[]),
    "parcel of winter wheat and maize: homogeneity": change("5", states={}),
    "schemes judged": lambda f: f["colours"].pop("meadow_not_ploughed"),
    "ploughed meadow: must not be ploughed": colour("meadow_not_ploughed", "4", "green"),
    "parcel of two crops: must hold one crop": lambda f: f["colours"]["one_crop"].pop("5"),
    "meadow mown under clouds: must be mown": colour("meadow_mown", "6", "red"),
    "meadows not mown that are green": colour("meadow_mown", "3", "green"),
    "meadows mown that are red": colour("meadow_mown", "2", "red"),
    "meadows that are red without a look: of 1": colour("meadow_mown", "6", "red"),
}


@pytest.mark.parametrize("name", WRONG)
def test_each_wrong_finding_is_noticed(name: str, findings: dict[str, Any]) -> None:
    WRONG[name](findings)
    assert name in failed(findings)


def test_an_event_on_another_day_is_no_find(findings: dict[str, Any]) -> None:
    other = planted_season.event("mowing") | {"start": planted_season.LOOKS[2]}
    findings["parcels"]["1"]["events"] = [other]
    assert failed(findings) == [CUTS]


def test_nothing_that_could_be_found_is_a_failure(findings: dict[str, Any]) -> None:
    findings["parcels"]["1"].update(looks=[], events=[])
    assert any(name.startswith("planted cuts found") for name in failed(findings))


def test_a_season_without_answers_fails_and_does_not_break() -> None:
    nothing: dict[str, Any] = {"answers": {}, "parcels": {}, "colours": {}}
    assert len(failed(nothing)) > 5
    assert planted.numbers(nothing, planted_season.TRUTH)["cuts_found"] == 0
