"""The length of the list by hand, and that it never moves the wrong way."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.errors import SettingsError
from dias_cbm.outliers.budget import By, Wanted, choose, falling

PROBABILITY = np.array([0.1, 0.9, 0.4, 0.6, 0.0, 0.5])
#: Rows 1, 3, 2, 5, 0 in this order; row 4 is not scored.
SUSPICION = np.array([1.0, 9.0, 5.0, 7.0, np.nan, 4.0])
SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def test_by_number() -> None:
    budget = choose(PROBABILITY, SUSPICION, Wanted(By.NUMBER, 2))
    assert (budget.parcels, budget.expected_wrong) == (2, pytest.approx(1.5))
    assert budget.sentence() == "2 parcels, 2 expected wrong"
    assert choose(PROBABILITY, SUSPICION, Wanted(By.NUMBER, 99)).parcels == 5


def test_by_share_of_the_scored() -> None:
    assert choose(PROBABILITY, SUSPICION, Wanted(By.SHARE, 0.6)).parcels == 3
    nothing = choose(PROBABILITY, SUSPICION, Wanted(By.SHARE, 0))
    assert (nothing.parcels, nothing.expected_wrong) == (0, 0)
    assert math.isnan(nothing.marginal)


def test_by_marginal_probability_one_doubt_does_not_end_the_list() -> None:
    # Along the ranking .9 .6 .4 .5 .1; the third and fourth are pooled to .45.
    budget = choose(PROBABILITY, SUSPICION, Wanted(By.MARGINAL, 0.45))
    assert (budget.parcels, budget.marginal) == (4, pytest.approx(0.45))
    assert budget.expected_wrong == pytest.approx(2.4)
    assert choose(PROBABILITY, SUSPICION, Wanted(By.MARGINAL, 0.46)).parcels == 2


def test_a_lower_bound_is_called_so() -> None:
    budget = choose(PROBABILITY, SUSPICION, Wanted(By.NUMBER, 2), inspections_missing=20)
    assert budget.sentence() == (
        "2 parcels, 2 expected wrong (lower bound until 20 more inspections are recorded)"
    )


def test_what_inspections_contradict_is_not_a_lower_bound() -> None:
    budget = choose(PROBABILITY, SUSPICION, Wanted(By.NUMBER, 2), contradicted=True)
    assert budget.sentence() == "2 parcels, 2 expected wrong by swaps, which inspections contradict"


def test_nothing_scored() -> None:
    nothing = np.full(3, np.nan)
    assert choose(nothing, nothing, Wanted(By.MARGINAL, 0)).parcels == 0


def test_budgets_from_text() -> None:
    assert Wanted.parse("400") == Wanted(By.NUMBER, 400)
    assert Wanted.parse(" 2.5 % ") == Wanted(By.SHARE, 0.025)
    assert Wanted.parse("P >= .3") == Wanted(By.MARGINAL, 0.3)
    for text in ("", "-4", "5 per cent", "120%", "p>=1.5", "p>0.3", "nan"):
        with pytest.raises(SettingsError):
            Wanted.parse(text)


@given(SCORES)
def test_smoothing_falls_and_keeps_the_sum(values: list[float]) -> None:
    smooth = falling(np.array(values))
    assert (np.diff(smooth) <= 1e-12).all()
    assert smooth.sum() == pytest.approx(sum(values))
    if values == sorted(values, reverse=True):
        assert smooth.tolist() == values


@given(SCORES, st.floats(0, 1), st.floats(0, 1), st.sampled_from(By))
def test_more_budget_never_gives_a_shorter_list(
    values: list[float], one: float, other: float, by: By
) -> None:
    probability = np.array(values)
    suspicion = np.arange(len(values), 0, -1.0)
    unit = len(values) if by is By.NUMBER else 1
    small, large = (
        choose(probability, suspicion, Wanted(by, amount * unit)) for amount in sorted((one, other))
    )
    if by is By.MARGINAL:
        small, large = large, small
    assert small.parcels <= large.parcels
    assert small.expected_wrong <= large.expected_wrong + 1e-12
    if small.parcels:
        assert small.marginal >= large.marginal
