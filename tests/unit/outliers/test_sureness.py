"""The measures of the evidence by hand, and the bars on scores that are known."""

from types import SimpleNamespace

import numpy as np
import pytest

from dias_cbm_lab.evidence.outliers.sureness import bars, ece, measure


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


def test_one_of_five_seasons_may_be_badly_calibrated() -> None:
    def season(error: float) -> SimpleNamespace:
        return SimpleNamespace(ece=error, expected=104.0, there=100, inside=0.93)

    good, bad = [season(0.01)] * 4, season(0.03)
    assert [bar.holds for bar in bars([*good, bad])] == [True, True, True]
    assert not bars([*good[1:], bad, bad])[0].holds
    assert not bars([bad])[0].holds
