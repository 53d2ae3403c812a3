"""Evidence of markers: bars by hand, false bare soil by hand, and folders that lack data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from dias_cbm.errors import NotEnoughData
from dias_cbm.markers.series import Optical, ParcelSeries, no_coherence, no_radar
from dias_cbm_lab.cli.evidence import app
from dias_cbm_lab.evidence.markers import report
from dias_cbm_lab.evidence.markers.bars import Bar, lines
from dias_cbm_lab.evidence.markers.homogeneity import homogeneity
from dias_cbm_lab.evidence.markers.planted import Units
from dias_cbm_lab.evidence.markers.soil import soil
from dias_cbm_lab.evidence.mowing.meadows import Meadows
from dias_cbm_lab.evidence.mowing.report import mowing


@pytest.mark.parametrize(
    ("bar", "word"),
    [
        (Bar("a", 0.7, 0.65), "met"),
        (Bar("a", 0.7, 0.65, 0.7), "aim met"),
        (Bar("a", 0.64996, 0.65, 0.7), "met"),
        (Bar("a", 0.6, 0.65, 0.7), "NOT MET"),
        (Bar("a", 0.1, 0.2, 0.05, False), "met"),
        (Bar("a", 0.3, 0.2, None, False), "NOT MET"),
        (Bar("a", -0.1, None, 0.0), "aim not met"),
        (Bar("a", float("nan"), 0.2, 0.1, False), "NOT MET"),
    ],
)
def test_a_bar_says_whether_it_is_met(bar: Bar, word: str) -> None:
    assert bar.word == word
    assert bar.met == (word != "NOT MET")
    assert lines([bar])[1].endswith(word)


def meadow(year: int, ndvi: list[float], bsi: float) -> Meadows:
    """A meadow seen every five days from 1 May."""
    first = np.datetime64(f"{year}-05-01").astype(int)
    days = (first + 5 * np.arange(len(ndvi))).astype(np.int32)
    value = np.array([ndvi], np.float32)
    one = np.ones_like(value)
    values = {"NDVI": value, "BSI": bsi * one}
    optical = Optical(days, values, one, one * 50, one * 0, one.astype(np.int32))
    series = ParcelSeries(
        str(year), [f"a {year}"], np.array([1e4]), np.array([""]), [{}], optical,
        no_radar(1), no_coherence(1),
    )  # fmt: skip
    return Meadows(year, np.array([0]), series, [[]], np.array([False]))


def test_false_bare_soil_by_hand() -> None:
    soily = meadow(2020, [0.8, 0.8, 0.15, 0.15, 0.8, 0.8, 0.8, 0.8], 0.1)
    dry = meadow(2021, [0.8, 0.8, 0.3, 0.3, 0.8, 0.8, 0.8, 0.8], 0.1)
    found = soil([soily, dry])
    assert (found.runs, found.looks) == (0.5, 2 / 16)
    assert (found.runs_by_ndvi, found.looks_by_ndvi) == (1, 4 / 16)
    assert [bar.met for bar in found.bars()] == [False, False]


def test_homogeneity_by_hand() -> None:
    measures = np.zeros((4, 6))
    measures[:, 0] = [-20, -16, -10, -12]
    units = Units(measures, np.array([0.1, 0.9, 0.5, 0.6]), np.array([False, False, True, True]))
    found = homogeneity(units)
    assert (found.single, found.pairs) == (2, 2)
    assert (found.statistics.auc, found.statistics.recall) == (1, 1)
    # 11.585 - .807 * 12 = 1.9 is above the limit of ln 3, 11.585 - .807 * 16 is not.
    assert (found.statistics.false, found.statistics.found) == (0, 1)
    assert (found.splits.auc, found.splits.false, found.splits.found) == (0.5, 0.5, 1)


def test_a_folder_without_meadows(tmp_path: Path) -> None:
    (tmp_path / "plots.csv").write_text("plot,site,year\n")
    with pytest.raises(NotEnoughData, match="holds no meadows"):
        report.markers(tmp_path)
    done = CliRunner().invoke(app, ["markers", str(tmp_path)])
    assert isinstance(done.exception, NotEnoughData)


def test_meadows_to_train_on_are_others() -> None:
    one = meadow(2020, [0.8] * 8, 0)
    other = replace(one, year=2021, series=replace(one.series, pids=["a 2021"]))
    with pytest.raises(NotEnoughData, match="1 meadows are in the training data too"):
        mowing([one], [other])
    with pytest.raises(NotEnoughData, match="there are no plots"):
        mowing([])
