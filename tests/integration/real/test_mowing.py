"""Mowing on 213 real plot-years of 43 sites with camera dates, against other detectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dias_cbm.markers.mowing_odds import TABLE
from dias_cbm_lab.evidence.mowing import calibration, report
from dias_cbm_lab.evidence.mowing.meadows import read
from dias_cbm_lab.evidence.mowing.report import MODEL, RULE, SEN4CAP, MowingEvidence

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def folder(real_data: Path) -> Path:
    return real_data / "markers" / "mowing_sk_ch"


@pytest.fixture(scope="module")
def evidence(folder: Path) -> MowingEvidence:
    return report.mowing(folder)


def test_the_rule(evidence: MowingEvidence) -> None:
    rule = evidence.line(RULE)
    assert rule.f1_10 >= 0.76
    assert rule.f1_interval >= 0.80
    assert rule.f1_5 >= 0.67
    assert rule.lost is not None
    assert rule.lost >= 0.65
    assert rule.grazed_only <= 0.25


def test_the_model_on_sites_it_has_not_seen(evidence: MowingEvidence) -> None:
    # On these sites only 0.78 of the cuts have a look within five days; the rule has 0.675.
    model = evidence.line(MODEL)
    assert model.f1_10 >= 0.755
    assert model.f1_5 >= 0.66
    assert model.mae <= 2.5


def test_others_are_as_published(evidence: MowingEvidence) -> None:
    assert evidence.line(SEN4CAP).f1_10 == pytest.approx(0.634, abs=0.01)
    whole = evidence.line("Sen4CAP L4B, whole year")
    assert (whole.f1_5, whole.f1_10, whole.f1_interval) == pytest.approx(
        (0.486, 0.570, 0.603), abs=5e-4
    )
    assert evidence.line("FORCE-like").f1_10 == pytest.approx(0.606, abs=0.02)


def test_both_are_surely_better_than_sen4cap(evidence: MowingEvidence) -> None:
    low = {(one.one, one.other): one.low for one in evidence.differences}
    assert low[RULE, SEN4CAP] > 0.05
    assert low[MODEL, SEN4CAP] > 0.05


def test_probabilities_hold_on_sites_not_seen(evidence: MowingEvidence) -> None:
    large = [one for one in evidence.calibration if one.events >= 20]
    assert len(large) >= 6
    assert [one for one in large if abs(one.probability - one.true) > 0.1] == []


def test_the_shipped_table_is_the_fit(folder: Path) -> None:
    fitted = calibration.table(calibration.Falls(read(folder)))
    assert np.allclose(fitted, TABLE, atol=0.006)
