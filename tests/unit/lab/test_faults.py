"""Which products a season under fire loses, and what the truth is then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dias_cbm.errors import SettingsError
from dias_cbm.scenes import Kind, kind_of_name
from dias_cbm_lab.dias import faults, listing
from dias_cbm_lab.dias.faults import Planted
from dias_cbm_lab.season import expected_results, plan
from dias_cbm_lab.season.place import Place
from dias_cbm_lab.season.plan import DEFAULT_START, compose
from dias_cbm_lab.season.products import Written


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lists of a season, without its products."""
    folder = tmp_path_factory.mktemp("season")
    planned = compose(DEFAULT_START, plan.FEWEST_DAYS, 3, Place.holding(100))
    (folder / "truth.json").write_text(json.dumps(expected_results.describe(planned, [])))
    written = [Written(entry.name, 1, "") for entry in planned.entries if entry.stored]
    entries = listing.compose(planned, written)
    (folder / "catalogue.json").write_text(json.dumps({"value": entries}))
    return folder


def told(season: Path) -> tuple[dict[str, Any], list[Any]]:
    listed = json.loads((season / "catalogue.json").read_text())["value"]
    return json.loads((season / "truth.json").read_text()), listed


@pytest.mark.parametrize("seed", range(8))
def test_the_shortest_season_has_a_sound_product_for_each_fault(season: Path, seed: int) -> None:
    planted = faults.choose(season, seed)
    known, _ = told(season)
    spoilt = {name for fault in known["faults"].values() for name in fault.get("names", ())}
    names = (planted.lost, planted.unindexed, planted.unpublished, planted.away)
    assert not spoilt & set(names)
    assert [kind_of_name(name) for name in names] == [
        Kind.CARD_BS,
        Kind.S2_L2A,
        Kind.CARD_COH6,
        Kind.S2_L2A,
    ]
    assert planted.unindexed != planted.away
    assert faults.choose(season, seed) == planted


def test_the_truth_has_a_gap_more_for_each(season: Path) -> None:
    known, entries = told(season)
    expected = faults.expected(known, faults.choose(season, 1), entries)
    added = expected["gaps"][len(known["gaps"]) :]
    assert [(gap["card"], gap["cause"], gap["fate"]) for gap in added] == [
        ("bs", "fetch_failed", "open"),
        ("s2", "not_indexed", "open"),
        ("c6", "not_published", "open"),
        ("s2", "fetch_failed", "recovered"),
    ]
    for card, numbers in known["cards"].items():
        before, after = numbers["afterwards"], expected["cards"][card]["afterwards"]
        assert after["extracted"] == before["extracted"] - 1
        assert after["failed"] - before["failed"] == (card != "c6")
        assert after["listed"] - before["listed"] == -(card == "c6")
        scenes = after.pop("listed") + after.pop("made")
        assert sum(after.values()) == scenes


def test_a_season_without_enough_products_is_refused(tmp_path: Path, season: Path) -> None:
    (tmp_path / "truth.json").write_text((season / "truth.json").read_text())
    (tmp_path / "catalogue.json").write_text('{"value": []}')
    with pytest.raises(SettingsError, match="too few products"):
        faults.choose(tmp_path, 1)


def test_what_is_told_is_read_back(tmp_path: Path) -> None:
    planted = Planted(4, "A", "B", "C", "D")
    faults.write(tmp_path / "faults.json", planted)
    assert faults.read(tmp_path / "faults.json") == planted
    assert faults.served(tmp_path / "faults.json") == {}
