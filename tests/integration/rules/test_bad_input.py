"""What is missing in a season, told in a sentence for each parcel; nothing is half written."""

from __future__ import annotations

from pathlib import Path

import pytest
from marker_season import TODAY, MarkerSeason
from typer.testing import CliRunner

from dias_cbm.cli.rules import app
from dias_cbm.markers import registry
from dias_cbm.markers import run as marker_run

pytestmark = pytest.mark.integration

PARCELS = 6
MARKERS = sorted(registry.BUILT_IN)
RULES = "".join(
    f'[scheme.{name}]\nneed = [{{ marker = "{name}", state = true }}]\n' for name in MARKERS
)


def said(season: MarkerSeason, tmp_path: Path) -> dict[str, set[str]]:
    """Run all markers and rules on them; the sentences that parcels have, by marker."""
    season.connection.commit()
    marker_run.run(season.connection, season.season, MARKERS, today=TODAY)
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES)
    found = CliRunner().invoke(app, ["run", "dk-2018", str(rules)])
    assert found.exit_code == 0, found.output
    answers = season.connection.execute("select marker, pid from latest_marker_states").fetchall()
    assert len(set(answers)) == len(answers) == PARCELS * len(MARKERS)
    rows = season.connection.execute("select scheme, sentence from verdict").fetchall()
    assert len(rows) == PARCELS * len(MARKERS)
    told: dict[str, set[str]] = {}
    for row in rows:
        told.setdefault(row.scheme, set()).add(row.sentence)
    return told


def told(*reasons: str) -> dict[str, set[str]]:
    """Each marker with each of the reasons."""
    return {
        marker: {
            f"Yellow: {marker.replace('_', ' ')} was not looked for: {reason}."
            for reason in reasons
        }
        for marker in MARKERS
    }


def test_a_season_without_sentinel_2(marked: MarkerSeason, tmp_path: Path) -> None:
    """Radar alone shows no marker what it asks."""
    marked.connection.execute("delete from signature_block where band <> 'B04'")
    marked.connection.execute("update signature_block set card = 'bs', band = 'VV'")
    marked.connection.execute("update dias_catalogue set card = 'bs', rel_orbit = 44")
    marked.connection.execute("delete from histogram_block")
    assert said(marked, tmp_path) == told("the parcel has no statistics")


def test_a_season_without_sentinel_1(marked: MarkerSeason, tmp_path: Path) -> None:
    """Radar only refines, but for buildings, which are told by it."""
    marked.connection.execute(
        "insert into signature_block"
        " select (jsonb_populate_record(block, jsonb_build_object('band', new.band))).*"
        " from signature_block as block, unnest('{B02,B03,B11,B12}'::text[]) as new (band)"
        " where block.band = 'B04'"
    )
    found = said(marked, tmp_path)
    answered = {
        marker
        for marker, sentences in found.items()
        if any("was not looked for" not in one for one in sentences)
    }
    # Nothing is harvested there, so that no catch crop can follow.
    assert answered == set(MARKERS) - {"catch_crop"}
    assert {
        marker
        for marker, sentences in found.items()
        if any("Sentinel-1" in one for one in sentences)
    } == {"other_use"}


def test_one_observation(marked: MarkerSeason, tmp_path: Path) -> None:
    for table in ("signature_block", "histogram_block"):
        marked.connection.execute(
            f"delete from {table} where obsid <> (select min(obsid) from signature_block)"
        )
    few, small, none = (
        "there are too few clear looks", "the parcel has too few pixels",
        "the parcel has no statistics",
    )  # fmt: skip
    whole = told(few, small, none)
    found = said(marked, tmp_path)
    assert all(found[marker] == whole[marker] for marker in ("presence", "cover", "fallow"))
    # A band that was not extracted was not looked at.
    assert all(found[marker] <= whole[marker] for marker in MARKERS)
