"""What is missing in a season, told in a sentence for each parcel; nothing is half written."""

from __future__ import annotations

from pathlib import Path

import pytest
from marker_season import TODAY, MarkerSeason
from typer.testing import CliRunner

from dias_cbm.cli.rules import app
from dias_cbm.markers import run as marker_run

pytestmark = pytest.mark.integration

RULES = """
[scheme.grown]
need = [{ marker = "presence", state = true }]
[scheme.mown]
need = [{ marker = "mowing", window = ["05-01", "05-31"] }]
"""


def said(season: MarkerSeason, tmp_path: Path) -> set[tuple[str, str]]:
    """Run markers and rules; the schemes and sentences that parcels have."""
    season.connection.commit()
    marker_run.run(season.connection, season.season, ["presence", "mowing"], today=TODAY)
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES)
    found = CliRunner().invoke(app, ["run", "dk-2018", str(rules)])
    assert found.exit_code == 0, found.output
    rows = season.connection.execute("select scheme, sentence from verdict").fetchall()
    assert len(rows) == 12
    return {(row.scheme, row.sentence) for row in rows}


def told(*reasons: str) -> set[tuple[str, str]]:
    """Both schemes, with each of the reasons."""
    return {
        (scheme, f"Yellow: {marker} was not looked for: {reason}.")
        for scheme, marker in (("grown", "presence"), ("mown", "mowing"))
        for reason in reasons
    }


def test_a_season_without_sentinel_2(marked: MarkerSeason, tmp_path: Path) -> None:
    marked.connection.execute("delete from signature_block")
    marked.connection.execute("delete from histogram_block")
    assert said(marked, tmp_path) == told("the parcel has no statistics")


def test_one_observation(marked: MarkerSeason, tmp_path: Path) -> None:
    for table in ("signature_block", "histogram_block"):
        marked.connection.execute(
            f"delete from {table} where obsid <> (select min(obsid) from signature_block)"
        )
    assert said(marked, tmp_path) == told(
        "there are too few clear looks", "the parcel has too few pixels",
        "the parcel has no statistics",
    )  # fmt: skip
