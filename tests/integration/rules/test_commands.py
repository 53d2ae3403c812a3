"""``cbm rules`` on a small season: check, run, explain, diff."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from marker_season import TODAY, MarkerSeason
from typer.testing import CliRunner, Result

from dias_cbm.cli.rules import app
from dias_cbm.errors import NotEnoughData, ParcelUnknown, RuleError
from dias_cbm.markers import run as marker_run

pytestmark = pytest.mark.integration

RULES = """
[scheme.green_in_may]
title = "Green in May"
need = [{ marker = "presence", window = ["05-01", "05-31"] }]
sure = { gap_confidence = 0.5 }

[scheme.maize]
crops = ["maize"]
need = [{ marker = "presence" }]
"""


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def told(*arguments: object) -> Any:
    found = call(*arguments, "--json")
    assert found.exit_code == 0, found.output
    return json.loads(found.output)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "rules.toml"
    file.write_text(RULES)
    return file


@pytest.fixture
def answered(marked: MarkerSeason) -> MarkerSeason:
    marker_run.run(marked.connection, marked.season, ["presence"], today=TODAY)
    return marked


def test_check(rules: Path, tmp_path: Path) -> None:
    assert "green_in_may: Green in May" in call("check", rules).output
    assert told("check", rules)["hash"] == hashlib.sha256(RULES.encode()).hexdigest()
    bad = tmp_path / "bad.toml"
    bad.write_text(RULES.replace('"presence"', '"presense"'))
    found = call("check", bad)
    assert found.exit_code == 1
    assert found.output.splitlines()[0] == (
        f"{bad}: Scheme green_in_may, need 1: there is no marker presense; did you mean presence?"
    )


def test_every_parcel_has_a_verdict(answered: MarkerSeason, rules: Path) -> None:
    report = told("run", "dk-2018", rules)
    assert report["parcels"] == 6
    colours = dict(
        answered.connection.execute(
            "select pid, colour::text from verdict where scheme = 'green_in_may' order by pid"
        ).fetchall()
    )
    # Presence tells the best look alone: that it was not in May does not show that May was bare.
    assert colours == {
        "a": "green", "b": "yellow", "c": "yellow", "d": "yellow", "e": "yellow", "f": "yellow",
    }  # fmt: skip
    assert report["schemes"]["green_in_may"] == {"green": 1, "yellow": 5}
    assert report["schemes"]["maize"] == {"none": 6}
    assert "Scheme maize is meant for no parcel of the season." in report["notes"]
    answered.connection.commit()
    assert told("run", "dk-2018", rules)["repeated"]
    assert "nothing has changed since run" in call("run", "dk-2018", rules).output
    assert told("run", "dk-2018", rules, "--everything")["run"] > report["run"]
    assert len(answered.table("scheme_run")) == 2


def test_the_quality_sample_can_read_them(answered: MarkerSeason, rules: Path) -> None:
    run = told("run", "dk-2018", rules)["run"]
    rows = answered.connection.execute(
        "select verdict.pid, verdict.scheme, verdict.colour::text as colour, verdict.sentence"
        " from verdict where verdict.run = (select max(id) from scheme_run where season = %s)",
        (answered.season.id,),
    ).fetchall()
    assert len(rows) == 12
    assert run
    assert {row.sentence for row in rows if row.colour == "none"} == {None}


def test_explain_goes_back_to_the_product(answered: MarkerSeason, rules: Path) -> None:
    told("run", "dk-2018", rules)
    text = call("explain", "dk-2018", "a").output
    assert "green_in_may: Green: presence on 11 May (confidence 1.00)." in text
    assert hashlib.sha256(RULES.encode()).hexdigest() in text
    assert "S2_2018-05-11_1" in text
    found = told("explain", "dk-2018", "a", "--scheme", "green_in_may")
    (verdict,) = found["verdicts"]
    (marker,) = found["markers"]
    assert verdict["marker_runs"] == [marker["run"]]
    assert marker["events"][0]["scenes"][0]["id"] in marker["events"][0]["obsids"]
    assert isinstance(call("explain", "dk-2018", "nobody").exception, ParcelUnknown)


def test_diff_says_who_changes(answered: MarkerSeason, rules: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(RULES.replace("05-01", "04-01"))
    found = told("diff", "dk-2018", rules, other)
    assert found["counts"] == [
        {"scheme": "green_in_may", "before": "yellow", "after": "green", "parcels": 1},
    ]
    assert "1 of 6 parcels change colour" in call("diff", "dk-2018", rules, other).output
    assert answered.table("scheme_run") == []
    assert told("diff", "dk-2018", rules, rules)["parcels"] == 0


def test_what_cannot_run_stores_nothing(marked: MarkerSeason, rules: Path) -> None:
    marked.connection.commit()
    assert isinstance(call("run", "dk-2018", rules).exception, NotEnoughData)
    assert isinstance(call("explain", "dk-2018", "a").exception, NotEnoughData)
    marker_run.run(marked.connection, marked.season, ["presence"], today=TODAY)
    rules.write_text(RULES + 'attributes = { holdin = "7" }\n')
    found = call("run", "dk-2018", rules).exception
    assert isinstance(found, RuleError)
    assert "Scheme maize reads the attribute holdin, which no parcel of the season has." in str(
        found
    )
    marked.connection.rollback()
    assert marked.table("scheme_run") == []


def test_holdings(answered: MarkerSeason, rules: Path) -> None:
    rules.write_text('[holding.two_crops]\nholding = "farm"\ncrops_at_least = 2\n')
    assert "which no parcel of the season has" in str(call("run", "dk-2018", rules).exception)
    answered.connection.rollback()
    assert answered.table("scheme_run") == []
    answered.connection.execute(
        "update parcel set crop = case when pid in ('a', 'b') then pid else 'x' end,"
        " attributes = jsonb_build_object('farm', case when pid in ('a', 'b') then '1' else '2'"
        " end) where pid <> 'f'"
    )
    # A blank names no holding.
    answered.connection.execute(
        "update parcel set attributes = jsonb_build_object('farm', ' ') where pid = 'f'"
    )
    answered.connection.commit()
    counts = told("run", "dk-2018", rules)["schemes"]["two_crops"]
    assert counts == {"green": 2, "none": 1, "red": 3}
    assert "two_crops: Red: holding 2, " in call("explain", "dk-2018", "e").output
    other = rules.with_name("other.toml")
    other.write_text(rules.read_text().replace("= 2", "= 1"))
    found = told("diff", "dk-2018", rules, other)
    assert found["parcels"] == 3
    assert found["counts"] == [
        {"scheme": "two_crops", "before": "red", "after": "green", "parcels": 3}
    ]
    assert found["changes"][0]["because"].startswith("Green: holding 2, ")
    other.write_text(rules.read_text().replace("farm", "frm"))
    fault = call("diff", "dk-2018", rules, other).exception
    assert "attribute frm, which no parcel" in str(fault)
    assert "did you mean farm?" in str(fault)
