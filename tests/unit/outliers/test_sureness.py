"""The measures of the evidence by hand, and the bars on scores that are known."""

from types import SimpleNamespace

import numpy as np
import pytest

from dias_cbm_lab.evidence.outliers.simulator import simulate
from dias_cbm_lab.evidence.outliers.sureness import (
    ece,
    features,
    found_across,
    groups_of_crops,
    measure,
)


def test_calibration_error_by_hand() -> None:
    probability = np.array([0.05, 0.05, 0.95, 0.95, np.nan])
    wrong = np.array([False, True, True, True, True])
    # Two bins: .1 expected and 1 there; 1.9 expected and 2 there; of four parcels.
    assert ece(probability, wrong) == pytest.approx((0.9 + 0.1) / 4)


def test_errors_inside_a_group_do_not_count() -> None:
    declared, true = np.array([0, 1, 2, 0]), np.array([1, 1, 0, 2])
    group = np.array([0, 0, 1])
    assert found_across(np.array([9, 1, 8, 7.0]), declared, true, group) == 0.5
    assert found_across(np.array([1, 1, 8, 7.0]), declared, true, group) == 1


def test_groups_of_the_simulator() -> None:
    group = groups_of_crops()
    assert len(group) == 13
    assert len(set(group.tolist())) == 6


def test_the_features_of_a_simulated_season() -> None:
    values, layout = features(simulate(50, 0))
    assert values.shape == (50, layout.columns)
    assert [one.band for one in layout.series] == ["VH", "VH-VV", "VV", "VH", "VV"]
    assert 0 < np.isnan(values).mean() < 0.3


def test_two_hundred_inspections_meet_the_bars() -> None:
    """Scores whose P(wrong) is a logistic curve: calibration finds it."""
    errors, ratios = [], []
    for seed in range(5):
        generator = np.random.default_rng(seed)
        n = 8000
        true = generator.integers(0, 4, n)
        wrong = generator.random(n) < 0.05
        declared = np.where(wrong, (true + 1) % 4, true)
        odds = 2.6 * (generator.normal(0, 1, n) + 3.4 * (wrong & (generator.random(n) < 0.8))) - 4.4
        probability = np.full((n, 4), 0.05)
        probability[np.arange(n), true] = 0.85 + 0.01 * generator.random(n)
        scores = SimpleNamespace(
            probability=probability, suspicion=odds, swap_odds=odds, error_share=0.03
        )
        found = measure(scores, declared, true, generator.integers(0, 4, n), seed)
        errors.append(found.ece)
        ratios.append(found.expected / found.there)
        assert found.expected_at_least < found.expected
        assert found.inside > 0.85
        assert found.false_green < 0.02
    assert sum(error <= 0.02 for error in errors) >= 4
    assert sum(abs(ratio - 1) <= 0.1 for ratio in ratios) >= 4
