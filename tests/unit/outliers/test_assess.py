"""The assessment of a season from its features, without a database."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dias_cbm.config.tables import Outliers
from dias_cbm.errors import NotEnoughData, SettingsError
from dias_cbm.outliers import provenance
from dias_cbm.outliers.assess import assess, findings, shortcomings, to_learn
from dias_cbm.outliers.calibration import Findings, rank_odds
from dias_cbm.outliers.features import Features, Parcels
from dias_cbm.outliers.judge import CONFIRMED, OUTLIER, Limits
from dias_cbm.outliers.layout import Layout, Series
from tests.unit.outliers.season import LAYOUT, season

NAMES = np.array(["barley", "grass", "wheat"])
OPTIONS = Outliers(learners="trees", smallest_crop=10)


def features(parcels: int = 240) -> tuple[Features, np.ndarray]:
    """A season's features, and which declarations are wrong."""
    made = season(parcels)
    table = Parcels(
        pids=[str(number) for number in range(parcels)],
        blk=np.zeros(parcels, np.int64),
        crops=NAMES[made.declared],
        area_ha=np.ones(parcels),
        holding=None,
    )
    seen = np.full(parcels, 24)
    level = np.zeros((2, 12), np.float32)
    return Features(
        table, LAYOUT, made.values, level, seen, np.zeros(parcels, np.int64)
    ), made.wrong


def test_the_list_is_headed_by_planted_errors() -> None:
    found, wrong = features()
    assessment = assess(found, OPTIONS)
    red = assessment.verdict.status == OUTLIER
    assert red.sum() == 12
    assert wrong[red].mean() >= 0.8
    by_rank = assessment.scores.suspicion[np.argsort(assessment.verdict.rank)]
    assert (np.diff(by_rank) <= 0).all()
    declared = assessment.declared_probability()
    assert declared[wrong].mean() < 0.2 < declared[~wrong].mean()


def test_the_report_has_the_measures() -> None:
    found, _ = features()
    report = findings(found, assess(found, OPTIONS))
    assert report["parcels"] == 240
    assert report["crops"] == 3
    assert report["learners"] == ["trees"]
    assert report["power"].keys() == set(NAMES)
    assert 0.9 < report["self_test"]["low"] < report["self_test"]["auc"] <= 1
    assert 0.8 < report["agreement"] < 1


def test_a_group_takes_what_is_declared_inside_it_off_the_list() -> None:
    found, _ = features()
    groups = {"barley": "cereals", "wheat": "cereals"}
    assessment = assess(found, OPTIONS, groups)
    assert assessment.groups == ["cereals", "grass", "cereals"]
    red = assessment.verdict.status == OUTLIER
    cereals = found.parcels.crops != "grass"
    likeliest_cereal = assessment.scores.probability[:, 1] < 0.5
    assert not (red & cereals & likeliest_cereal).any()


def test_a_group_may_have_the_name_of_a_crop_outside_it() -> None:
    found, _ = features()
    assessment = assess(found, OPTIONS, {"barley": "grass"})
    power = assessment.scores.power(0.05)
    assert power[0] != power[1]


@pytest.mark.parametrize(("budget", "seen"), [("0", 0), ("p>=0", 1), ("100%", 1)])
def test_power_is_that_of_the_list(budget: str, seen: float) -> None:
    found, _ = features()
    report = findings(found, assess(found, replace(OPTIONS, budget=budget)))
    assert set(report["power"].values()) == {seen}


@pytest.mark.parametrize("folds", [0, 1])
def test_one_fold_is_too_few(folds: int) -> None:
    found, _ = features()
    with pytest.raises(SettingsError, match=f"outliers.folds: {folds} is too few"):
        assess(found, replace(OPTIONS, folds=folds))


def test_the_budget_may_be_zero() -> None:
    found, _ = features()
    status = assess(found, replace(OPTIONS, budget="0")).verdict.status
    assert not (status == OUTLIER).any()


def test_a_budget_by_number_is_kept_and_what_it_should_hold_is_said() -> None:
    found, wrong = features()
    assessment = assess(found, replace(OPTIONS, budget="8"))
    report = findings(found, assessment)
    assert (assessment.verdict.status == OUTLIER).sum() == report["listed"] == 8
    assert 0 < report["expected_wrong"] <= 8
    assert report["calibrated"] is False
    assert report["in_words"][0].startswith("8 parcels, ")
    assert "lower bound until 60 more inspections" in report["in_words"][0]
    green = assessment.verdict.status == CONFIRMED
    assert green.mean() > 0.7
    assert wrong[green].mean() < 0.02


def test_inspections_make_a_probability_of_the_bound() -> None:
    found, wrong = features(960)
    first = assess(found, OPTIONS)
    odds = rank_odds(first.scores.swap_odds, first.scores.suspicion)
    seen = np.flatnonzero((first.verdict.rank > 0) & (first.verdict.rank <= 120))
    calibrated = assess(found, OPTIONS, inspected=Findings(odds[seen], wrong[seen]))
    assert calibrated.verdicts.calibration.calibrated
    red = calibrated.verdict.status == OUTLIER
    expected = findings(found, calibrated)["expected_wrong"]
    assert abs(expected - wrong[red].sum()) <= 0.2 * wrong[red].sum()
    # No model learns from inspections: the ranking is the same.
    assert (calibrated.verdict.rank == first.verdict.rank).all()


def test_one_common_crop_is_refused() -> None:
    crops = np.array(["wheat"] * 40 + ["hemp"])
    with pytest.raises(NotEnoughData, match="wheat: fewer than two crops with at least 30"):
        to_learn(crops, np.ones(41, np.int64), Limits(30, 0.3))


def test_texts_that_differ_by_case_or_blanks_are_told() -> None:
    found, _ = features()
    crops = found.parcels.crops.astype("<U8")
    crops[:60] = np.char.upper(crops[:60])
    crops[60] = ""
    changed = replace(found, parcels=replace(found.parcels, crops=crops))
    report = findings(changed, assess(changed, OPTIONS))
    assert report["alike_crops"] == [["BARLEY", "barley"], ["GRASS", "grass"], ["WHEAT", "wheat"]]


def test_what_a_season_lacks_is_said() -> None:
    radar = Layout((Series("bs", "VH"),), range(3))
    assert shortcomings(LAYOUT, np.full(4, 24)) == []
    assert "at most 0.96 observations per card" in shortcomings(LAYOUT, np.full(4, 23))[0]
    lacks = shortcomings(radar, np.array([0, 3, 3]))
    assert "no coherence" in lacks[0]
    assert lacks[1] == "parcels without any observation: 1"
    coherence = Layout((Series("c6", "VV"),), range(3))
    assert "neither" in shortcomings(coherence, np.full(4, 3))[0]


def test_hashes_tell_any_change() -> None:
    values = np.zeros((3, 4), np.float32)
    changed = values.copy()
    changed[2, 1] = 1e-30
    assert provenance.of_array(values) == provenance.of_array(values.copy())
    assert provenance.of_array(values) != provenance.of_array(changed)
    assert provenance.of_array(values) != provenance.of_array(values.reshape(4, 3))
    assert provenance.of_labels(["1", "23"], ["a", "b"]) != provenance.of_labels(
        ["12", "3"], ["a", "b"]
    )


def test_the_environment_names_threads_and_blas() -> None:
    around = provenance.environment()
    assert around["threads"] == 1
    assert around["blas"][0]["version"]
