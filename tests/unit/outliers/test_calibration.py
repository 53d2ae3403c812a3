"""P(wrong): its lower bound, its curve, and how true it is after 200 inspections."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.outliers.calibration import (
    ENOUGH,
    Calibration,
    Findings,
    calibrate,
    rank_odds,
    wrong_at_least,
)
from dias_cbm.outliers.sample import draw

SHARE = 0.05


def season(seed: int, n: int = 8000) -> tuple[np.ndarray, np.ndarray]:
    """Swap odds of a season, and which declarations are wrong: most of these, but not all, show.

    The score of a parcel is normal about 0, or about 3.4 if its error shows. Odds are linear in it,
    as those of a logistic regression are.
    """
    generator = np.random.default_rng(seed)
    wrong = generator.random(n) < SHARE
    shows = wrong & (generator.random(n) < 0.8)
    return 2.6 * (generator.normal(0, 1, n) + 3.4 * shows) - 4.4, wrong


def findings_of(odds: np.ndarray, wrong: np.ndarray, seed: int) -> Findings:
    chosen = draw(odds, seed).parcel
    return Findings(odds[chosen], wrong[chosen])


def ece(probability: np.ndarray, wrong: np.ndarray) -> float:
    bins = np.minimum((probability * 10).astype(int), 9)
    return sum(
        abs(probability[bins == number].sum() - wrong[bins == number].sum()) for number in range(10)
    ) / len(wrong)


def test_the_lower_bound_by_hand() -> None:
    odds = np.array([0.0, np.log(4), 9.0, -np.inf, np.nan])
    bound = wrong_at_least(odds, 0.02)
    assert bound[:4].tolist() == pytest.approx([0.02, 0.08, 1.0, 0.0])
    assert np.isnan(bound[4])


def test_without_enough_inspections_it_is_a_lower_bound_and_called_so() -> None:
    odds, wrong = season(0)
    few = findings_of(odds, wrong, 0)
    few = Findings(few.rank_odds[:59], few.wrong[:59])
    found = calibrate(odds, 0.03, few)
    assert not found.calibrated
    assert found.name == "wrong at least"
    of_each = min(few.wrong.sum(), (~few.wrong).sum())
    assert found.inspections_missing == max(1, 5 - of_each)
    assert found.sentence() == "P(wrong) is a lower bound: 59 of 60 inspections are recorded"
    perhaps_none = replace(found, error_share=0.017)
    assert perhaps_none.sentence().endswith("; where swaps estimate 1.7% wrong, perhaps none is")
    assert (found.probability(odds, odds) == wrong_at_least(odds, 0.03)).all()
    assert calibrate(odds, 0.03).inspections_missing == ENOUGH


def test_the_odds_follow_the_ranking() -> None:
    odds = np.array([1.0, 5.0, np.nan, 3.0])
    found = rank_odds(odds, np.array([9.0, 7.0, np.nan, 8.0]))
    assert found[[0, 3, 1]].tolist() == [5, 3, 1]
    assert np.isnan(found[2])


def test_the_curve_by_hand() -> None:
    found = Calibration(0.02, 200, intercept=-3.0, slope=1.5)
    assert found.probability(np.array([2.0, 4.0]), np.array([0.0, 1.0]))[0] == pytest.approx(0.5)
    assert found.name == "P(wrong)"
    assert found.inspections_missing == 0
    assert found.sentence() == "P(wrong) is calibrated with 200 inspections"


@pytest.mark.parametrize("inspections", [200, 60])
def test_five_seeds_after_inspections(inspections: int) -> None:
    """The bars of 200 inspections; 60 are held to half of them."""
    errors, ratios = [], []
    for seed in range(5):
        odds, wrong = season(seed)
        known = findings_of(odds, wrong, seed)
        keep = np.random.default_rng(seed).permutation(200)[:inspections]
        probability = calibrate(
            odds, 0.03, Findings(known.rank_odds[keep], known.wrong[keep])
        ).probability(odds, odds)
        top = np.argsort(-odds, kind="stable")[:400]
        errors.append(ece(probability, wrong))
        ratios.append(probability[top].sum() / wrong[top].sum())
    slack = 1 if inspections == 200 else 2
    assert sum(error <= 0.02 * slack for error in errors) >= 4
    assert sum(abs(ratio - 1) <= 0.1 * slack for ratio in ratios) >= 4


def test_one_sided_findings_do_not_calibrate() -> None:
    odds, _ = season(1)
    top = np.sort(odds)[-100:]
    found = calibrate(odds, 0.03, Findings(top, np.ones(100, bool)))
    assert found.sentence() == (
        "P(wrong) is a lower bound: of 100 inspections 100 found a wrong declaration and 0 a right"
        " one; at least 5 of each are needed"
    )
    assert found.inspections_missing == 5


def test_findings_that_contradict_the_ranking_do_not_turn_it_around() -> None:
    odds, _ = season(2)
    drawn = odds[draw(odds, 0).parcel]
    upside_down = Findings(drawn, drawn < np.median(drawn))
    found = calibrate(odds, 0.03, upside_down)
    assert found.contradicted
    assert not found.calibrated
    assert found.sentence().startswith("P(wrong) is not known: ")
    assert found.sentence().endswith("inspections contradict the ranking")


def test_findings_without_overlap_do_not_make_a_step() -> None:
    odds, _ = season(3)
    drawn = odds[draw(odds, 0).parcel]
    found = calibrate(odds, 0.03, Findings(drawn, drawn > 0))
    assert found.slope is not None
    assert 0 < found.slope < 20


@given(
    st.integers(0, 2**32 - 1),
    st.integers(ENOUGH, 300),
    st.floats(0.0, 0.5),
    st.floats(0.1, 40),
)
def test_any_findings_give_probabilities_in_the_order_of_the_odds(
    seed: int, number: int, share: float, scale: float
) -> None:
    generator = np.random.default_rng(seed)
    odds = scale * generator.normal(0, 1, 500)
    odds[:20] = np.nan
    found = calibrate(
        odds,
        share,
        Findings(scale * generator.normal(0, 1, number), generator.random(number) < 0.5),
    ).probability(odds, odds)
    assert np.isnan(found[:20]).all()
    ordered = found[20:][np.argsort(odds[20:])]
    assert ((ordered >= 0) & (ordered <= 1)).all()
    assert (np.diff(ordered) >= 0).all()
