"""Markers on real data: mowing on meadows with camera dates, bare soil, homogeneity, splits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dias_cbm.markers.mowing_odds import TABLE
from dias_cbm_lab.evidence.markers import report
from dias_cbm_lab.evidence.markers.report import MarkersEvidence
from dias_cbm_lab.evidence.mowing import calibration, detectors
from dias_cbm_lab.evidence.mowing.meadows import read
from dias_cbm_lab.evidence.mowing.report import MODEL, RULE, SEN4CAP, MowingEvidence
from dias_cbm_lab.evidence.mowing.scoring import tally

pytestmark = pytest.mark.real_data


def test_the_figures(real_data: Path) -> None:
    """One test, since two workers would measure them twice."""
    whole = report.markers(real_data)
    bars = whole.bars()
    assert len(bars) == 26
    assert [one for one in bars if not one.met] == []
    check_rule(whole.mowing)
    check_colours(whole.mowing)
    check_soil_and_split_lines(whole)
    check_others(whole.mowing)


def check_rule(evidence: MowingEvidence) -> None:
    rule = evidence.line(RULE)
    assert rule.f1_10 >= 0.76
    assert rule.f1_interval >= 0.80
    assert rule.f1_5 >= 0.67
    assert rule.grazed_only is not None
    assert rule.grazed_only <= 0.25
    # The best date is nearer than the first look.
    for best in evidence.best_dates:
        line = evidence.line(best.detector)
        assert best.f1_5 >= line.f1_5 + 0.04
        assert best.f1_10 >= line.f1_10 + 0.02


def check_colours(evidence: MowingEvidence) -> None:
    for one in evidence.colours:
        assert one.yellow <= (0.36 if one.scheme == "mown" else 0.7)
        assert one.false_red <= 0.005
    assert evidence.false_reds == {"not_ploughed": 2, "not_converted": 0}


def check_soil_and_split_lines(whole: MarkersEvidence) -> None:
    # A threshold of NDVI alone, as others have it.
    assert whole.soil.runs_by_ndvi == pytest.approx(0.099, abs=0.002)
    assert whole.soil.looks_by_ndvi == pytest.approx(0.027, abs=0.001)
    assert whole.homogeneity is not None
    splits = whole.homogeneity.splits
    assert (whole.homogeneity.single, whole.homogeneity.pairs) == (111, 107)
    assert splits.auc >= 0.94
    assert splits.found >= 0.8
    assert splits.false <= 0.05


def check_others(evidence: MowingEvidence) -> None:
    """As published; and ours are surely better than Sen4CAP."""
    assert evidence.line(SEN4CAP).f1_10 == pytest.approx(0.634, abs=0.01)
    whole = evidence.line("Sen4CAP L4B, whole year")
    assert (whole.f1_5, whole.f1_10, whole.f1_interval) == pytest.approx(
        (0.486, 0.570, 0.603), abs=5e-4
    )
    assert evidence.line("FORCE-like").f1_10 == pytest.approx(0.606, abs=0.02)
    low = {(one.one, one.other): one.low for one in evidence.differences}
    assert low[RULE, SEN4CAP] > 0.05
    assert low[MODEL, SEN4CAP] > 0.05


def test_the_shipped_table_is_the_fit(real_data: Path) -> None:
    meadows = read(real_data / "markers" / "mowing_sk_ch")
    fitted = calibration.table(calibration.Falls(meadows))
    assert np.allclose(fitted, TABLE, atol=0.006)


def test_what_is_trained_on_other_meadows(real_data: Path) -> None:
    meadows = read(real_data / "markers" / "mowing_sk_ch")
    early, late = meadows[:2], meadows[2:]
    dated = [cuts for one in late for cuts in one.mown]
    for detector in (detectors.model, detectors.forest):
        found = detectors.found_by(detector(late, trained_on=early), late)
        assert len(found) == len(dated)
        assert tally(found, dated, 10).f1 >= 0.6
