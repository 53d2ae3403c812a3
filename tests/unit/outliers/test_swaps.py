"""Swap scores on probabilities made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.outliers.swaps import (
    error_share,
    log_odds,
    self_test,
    standing,
    swap_scores,
)


def rows(
    parcels: int = 1200, wrong: float = 0.05, skill: float = 3.0, classes: int = 4, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities of a model of some skill, declared classes, folds, and which are wrong."""
    generator = np.random.default_rng(seed)
    frequency = np.geomspace(1, 0.1, classes)
    frequency /= frequency.sum()
    true = generator.choice(classes, parcels, p=frequency)
    logits = np.log(frequency) + generator.normal(0, 1, (parcels, classes))
    logits[np.arange(parcels), true] += skill
    probability = np.exp(logits)
    probability /= probability.sum(axis=1, keepdims=True)
    planted = generator.random(parcels) < wrong
    declared = np.where(planted, (true + generator.integers(1, classes, parcels)) % classes, true)
    return probability.astype(np.float32), declared, np.arange(parcels) % 4, planted


def test_log_odds_by_hand() -> None:
    probability = np.array([[0.7, 0.2, 0.1], [0.7, 0.2, 0.1]], np.float32)
    found = log_odds(probability, np.array([0, 2]))
    assert found == pytest.approx([np.log(0.2 / 0.7), np.log(0.7 / 0.1)], abs=0.01)


def test_planted_errors_have_the_highest_odds() -> None:
    probability, declared, fold, planted = rows()
    found = swap_scores(probability, declared, fold, seed=1)
    top = np.argsort(-found.odds)[: planted.sum()]
    assert planted[top].mean() > 0.6
    assert found.self_test.passed
    assert found.self_test.auc > 0.9


def test_the_error_share_is_a_lower_bound() -> None:
    for seed in range(5):
        probability, declared, fold, planted = rows(4000, 0.1, seed=seed)
        share = swap_scores(probability, declared, fold, seed=1).error_share
        assert 0.03 < share < planted.mean() + 0.02


def test_wrong_at_least_grows_with_the_odds_and_is_a_probability() -> None:
    probability, declared, fold, _ = rows()
    found = swap_scores(probability, declared, fold, seed=1)
    bound = found.wrong_at_least()
    order = np.argsort(found.odds)
    assert (np.diff(bound[order]) >= 0).all()
    assert bound.min() >= 0
    assert bound.max() <= 1


@pytest.mark.parametrize("seed", range(8))
def test_frequencies_alone_do_not_pass_the_self_test(seed: int) -> None:
    """A rare crop is likelier among swaps than among declarations: that is not a signal."""
    probability, declared, fold, _ = rows(skill=0.0, seed=seed)
    assert not swap_scores(probability, declared, fold, seed=1).self_test.passed


def test_power_is_low_where_two_crops_look_the_same() -> None:
    """Probability goes half to each of the last two crops, whichever it is."""
    probability, declared, fold, _ = rows(4000, wrong=0.0, skill=6.0)
    probability[:, 2:] = probability[:, 2:].sum(axis=1, keepdims=True) / 2
    power = swap_scores(probability, declared, fold, seed=1).power(0.05, 4)
    assert power[:2].min() > power[2:].max()


def test_power_is_unknown_for_a_class_without_parcels() -> None:
    probability, declared, fold, _ = rows(classes=3)
    wider = np.column_stack([probability, np.full(len(declared), 1e-6)]).astype(np.float32)
    power = swap_scores(wider, declared, fold, seed=1).power(0.05, 4)
    assert np.isnan(power).tolist() == [False, False, False, True]


def test_a_swap_is_never_the_declared_class() -> None:
    probability, declared, fold, _ = rows(300, classes=2)
    found = swap_scores(probability, declared, fold, seed=1)
    assert (found.swapped_class.reshape(-1, 300) == 1 - declared).all()


def test_self_test_by_hand() -> None:
    """Of the nine pairs, the exchanged one is higher in six and equal in one."""
    found = self_test(np.array([0.0, 1.0, 2.0]), np.array([1.0, 0.5, 3.0]))
    assert found.auc == pytest.approx((1.5 + 1 + 3) / 9)
    assert found.exchanged == 3
    assert not self_test(np.zeros(0), np.zeros(0)).passed


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=50))
def test_error_share_of_any_odds_is_a_share(odds: list[float]) -> None:
    share = error_share(np.array(odds), np.array(odds)[::-1] + 0.5)
    assert 0 <= share <= 1


def test_standing_is_one_at_the_upper_tail() -> None:
    score = np.linspace(0, 100, 1001)
    found = standing(score)
    assert found[500] == pytest.approx(0)
    assert found[975] == pytest.approx(1)
    assert np.isfinite(standing(np.zeros(5))).all()
