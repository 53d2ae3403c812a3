"""The measures of the evidence by hand, and the bars on scores that are known."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from dias_cbm_lab.evidence.outliers.sureness import Sureness, bars, ece, measure, rows


def test_calibration_error_by_hand() -> None:
    probability = np.array([0.05, 0.05, 0.95, 0.95, np.nan])
    wrong = np.array([False, True, True, True, True])
    # Two bins: .1 expected and 1 there; 1.9 expected and 2 there; of four parcels.
    assert ece(probability, wrong) == pytest.approx((0.9 + 0.1) / 4)


def test_two_hundred_inspections_meet_the_bars() -> None:
    """Scores whose P(wrong) is a logistic curve: calibration finds it."""
    found = []
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
        found.append(measure(scores, declared, true, generator.integers(0, 4, n), seed))
        assert found[-1].expected_at_least < found[-1].expected
        assert found[-1].false_green < 0.02
    assert bars(found)[0].holds
    assert sum(abs(one.expected / one.there - 1) <= 0.1 for one in found) >= 4


def test_a_few_samples_may_miss_a_bar() -> None:
    good = Sureness(0, 0.05, 0.03, 100, 104.0, 60.0, 0.01, 0.93, 2.0, 0.8, 0.001, 0.8, 0.004)
    bad = replace(good, ece=0.03, expected=120.0)
    assert [bar.holds for bar in bars([good] * 9 + [bad])] == [True, True, True]
    assert [bar.holds for bar in bars([good, bad])] == [False, False, True]


def test_a_row_is_a_season() -> None:
    one = Sureness(3, 0.05, 0.03, 100, 104.0, 60.0, 0.01, 0.93, 2.0, 0.8, 0.001, 0.8, 0.004)
    (row,) = rows([one, replace(one, expected=96.0, ece=0.02)])
    assert (row["season"], row["expected"], row["ECE"]) == ("3", "96 to 104", "0.0150")
