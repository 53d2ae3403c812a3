"""``cbm gaps`` on a season with one lost pass."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from dias_cbm.cli.gaps import app
from dias_cbm.errors import SeasonError

pytestmark = pytest.mark.integration


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


@pytest.fixture
def missing(radar: Callable[..., Any]) -> Any:
    world = radar(lost=(14,))
    result = run("refresh", "dk-2018")
    assert result.exit_code == 0
    assert result.output == (
        "dk-2018: 5 of 6 expected passes are in; 1 new gaps, 0 recovered, 0 confirmed;"
        " open: not_acquired 1; 0 passes on days not run yet\n"
    )
    return world


@pytest.mark.usefixtures("missing")
def test_gaps_are_listed_with_cause_and_evidence() -> None:
    lines = run("list").output.splitlines()
    assert lines[0].startswith(
        "dk-2018 bs  S1A  44A 32VNH 2018-05-15 17:00  missing   not_acquired"
    )
    assert "1000 parcels  next try" in lines[0]
    assert lines[1].strip().startswith("the catalogue lists neither a CARD-BS nor")
    assert lines[2] == "1 open gaps: 1 not_acquired (missing)"


@pytest.mark.usefixtures("missing")
@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (("--card", "bs", "--tile", "32VNH"), 1),
        (("--card", "s2"), 0),
        (("--tile", "32VPH"), 0),
        (("dk-2018", "--all"), 1),
    ],
)
def test_the_list_is_narrowed(arguments: tuple[str, ...], count: int) -> None:
    found = json.loads(run("list", *arguments, "--json").output)
    assert [row["season"] for row in found] == ["dk-2018"] * count


@pytest.mark.usefixtures("missing")
def test_the_list_is_readable_by_machines() -> None:
    (row,) = json.loads(run("list", "--json").output)
    assert row["cause"] == "not_acquired"
    assert row["expected_at"] == "2018-05-15 17:00:00+00:00"
    assert row["parcels"] == 1000


def test_the_mail_is_printed_and_not_recorded(missing: Any) -> None:
    output = run("digest", "dk-2018").output
    assert output.startswith(
        "Subject: CbM dk-2018: 1 gap open, 83.3 % of expected passes processed\n"
    )
    assert "[news; due now]" in output
    assert run("digest", "dk-2018", "--html").output.startswith("<!doctype html>")
    told = json.loads(run("digest", "dk-2018", "--json").output)
    assert told["subject"].startswith("CbM dk-2018: 1 gap open")
    assert (told["kind"], told["anything_new"]) == ("news", True)
    assert missing.table("digest") == []


@pytest.mark.usefixtures("world")
def test_mistakes_are_named() -> None:
    with pytest.raises(SeasonError, match="no such season"):
        run("list", "nowhere")
    assert run("list", "--card", "s3").exit_code == 2
