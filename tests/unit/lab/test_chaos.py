"""What a run under fire tells at its end."""

import json
from collections import Counter

import pytest

from dias_cbm_lab.chaos.season_under_fire import Outcome
from dias_cbm_lab.demo.checks import Check, equal


def outcome(*checks: Check) -> Outcome:
    """As a run makes it: its counts are counters."""
    return Outcome(
        seed=1,
        days=21,
        parcels=300,
        strokes=Counter({"task killed": 7}),
        served=Counter({"no reply": 20}),
        passing=Counter(),
        backfills=1,
        looks=3,
        mails=["7 gaps open"],
        checks=checks,
        seconds=90.0,
    )


@pytest.mark.parametrize("found", [{"corrupt"}, {"fetch_failed"}])
def test_an_outcome_is_told_to_machines_and_to_people(found: set[str]) -> None:
    told = outcome(equal("cause", {"corrupt"}, found))
    holds = found == {"corrupt"}
    plain = json.loads(told.as_json())
    assert plain["strokes"] == {"task killed": 7}
    assert (plain["ok"], plain["checks"][0]["ok"]) == (holds, holds)
    lines = told.lines()
    assert "     7 x task killed" in lines
    assert "1.5 minutes" in lines[1]
    assert lines[-1].startswith("nothing lost" if holds else "1 checks FAILED")
