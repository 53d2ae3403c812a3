"""Bias, spread, correlation and lag against answers worked out by hand."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from dias_cbm.series.lag import LagSums
from dias_cbm.series.moments import Moments
from dias_cbm.series.reading import Series


def series(day: list[int], value: list[float], pos: int = 1, count: float = 9) -> Series:
    n = len(day)
    return Series(
        np.full(n, pos), np.array(day), np.zeros(n, np.int64), np.array(value, float),
        np.full(n, float(count)),
    )  # fmt: skip


def test_by_hand() -> None:
    moments = Moments(2)
    # Differences 1, 1, 1, 5: mean 2, deviation sqrt(3), median 1, equal quartiles.
    a, b = np.array([1.0, 2, 3, 4]), np.array([2.0, 3, 4, 9])
    moments.add(np.ones(4, np.int64), a, b)
    found = moments.difference(1)
    assert found is not None
    assert (found.pairs, found.mean_a, found.mean_b, found.bias) == (4, 2.5, 4.5, 2)
    assert found.spread == pytest.approx(3**0.5)
    assert found.median == pytest.approx(1, rel=0.01)
    assert found.robust_spread == 0
    # Sums about the means: AB 1.5*2.5 + .5*1.5 - .5*.5 + 1.5*4.5 = 11, AA 5, BB 29.
    assert found.correlation == pytest.approx(11 / 145**0.5)
    assert moments.difference(0) is None


def test_pieces_and_groups_give_the_same_as_all_at_once() -> None:
    random = np.random.default_rng(5)
    group = random.integers(0, 6, 1000)
    a = random.normal(0.3, 0.1, 1000)
    b = a + random.normal(0.02, 0.05, 1000)
    once, pieces = Moments(6), Moments(6)
    once.add(group, a, b)
    for part in np.array_split(np.arange(1000), 17):
        pieces.add(group[part], a[part], b[part])
    merged = pieces.together(np.arange(6) % 2, 2)
    for number in range(2):
        rows = group % 2 == number
        found = merged.difference(number)
        assert found is not None
        difference = b[rows] - a[rows]
        assert found.bias == pytest.approx(difference.mean())
        assert found.spread == pytest.approx(difference.std())
        assert found.median == pytest.approx(np.median(difference), rel=0.05)
        low, high = np.quantile(difference, [0.25, 0.75])
        assert found.robust_spread == pytest.approx((high - low) / 1.3489795, rel=0.03)
        assert found.correlation == pytest.approx(np.corrcoef(a[rows], b[rows])[0, 1])
    assert asdict(once.difference(3)) == pytest.approx(asdict(pieces.difference(3)))  # type: ignore[arg-type]


def test_with_itself_exactly_0_and_1() -> None:
    random = np.random.default_rng(6)
    moments = Moments(3)
    for _ in range(20):
        a = random.normal(0.3, 0.1, 77)
        moments.add(random.integers(0, 3, 77), a, a)
    for found in (moments.difference(2), moments.together(np.zeros(3, np.int64), 1).difference(0)):
        assert found is not None
        assert (found.bias, found.spread, found.median, found.robust_spread) == (0, 0, 0, 0)
        assert found.correlation == 1


def test_no_correlation_of_what_is_constant_or_too_few() -> None:
    moments = Moments(2)
    moments.add(np.array([0, 0, 0, 1, 1]), np.ones(5), np.arange(5.0))
    for group in (0, 1):
        found = moments.difference(group)
        assert found is not None
        assert found.correlation is None


@pytest.mark.parametrize("planted", [-7, 0, 3, 12])
def test_a_planted_lag_is_found(planted: int) -> None:
    days = np.arange(0, 200, 5)
    bump = lambda day, middle: np.exp(-(((day - middle) / 25) ** 2))  # noqa: E731
    sums = LagSums()
    for pos, middle in ((1, 80.0), (2, 110.0)):
        a = series(days.tolist(), bump(days, middle).tolist(), pos)
        later = days[1:] + 2  # on other days than A
        b = series(later.tolist(), bump(later - planted, middle).tolist(), pos)
        sums.add(a, b)
    lag = sums.result()
    assert lag.days == planted
    assert lag.correlation is not None
    assert lag.correlation > 0.99
    assert lag.parcels == 2


def test_the_lag_to_itself_is_exactly_0() -> None:
    one = series(list(range(0, 150, 5)), [0.1 * (n % 7) for n in range(30)])
    sums = LagSums()
    sums.add(one, one)
    lag = sums.result()
    assert (lag.days, lag.correlation, lag.unshifted) == (0, 1, 1)


def test_no_lag_over_long_gaps_or_of_few_days() -> None:
    rare = series([0, 40, 80, 120, 160], [1, 2, 1, 2, 1])
    sums = LagSums()
    sums.add(rare, rare)
    assert sums.result().days is None
    sums.add(rare, series([0, 40], [1, 2], pos=2))
    assert sums.result().parcels == 1


def test_of_a_days_values_that_with_most_pixels_counts() -> None:
    two = Series(
        np.array([2, 1, 1, 1]), np.array([5, 5, 5, 5]), np.array([1, 1, 1, 2]),
        np.array([9.0, 1, 2, 3]), np.array([4.0, 30, 40, 35]),
    )  # fmt: skip
    assert two.one_a_day(by_direction=True).value.tolist() == [2, 3, 9]
    assert two.one_a_day(by_direction=False).value.tolist() == [2, 9]
