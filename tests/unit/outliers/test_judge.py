import numpy as np
import pytest

from dias_cbm.outliers.judge import (
    CONFIRMED,
    INCONCLUSIVE,
    OUTLIER,
    Limits,
    doubtful_reason,
    judge,
    unscored_reason,
)

LIMITS = Limits(review_share=0.1, smallest_crop=3, smallest_area_ha=0.3)


def empty(n: int) -> np.ndarray:
    return np.full(n, "", dtype=object)


def test_review_budget_is_red_and_as_many_again_are_yellow() -> None:
    suspicion = np.linspace(-2, 5, 20)
    verdict = judge(suspicion, empty(20), empty(20), LIMITS)
    assert verdict.rank.tolist() == list(range(20, 0, -1))
    assert np.flatnonzero(verdict.status == OUTLIER).tolist() == [18, 19]
    assert np.flatnonzero(verdict.status == INCONCLUSIVE).tolist() == [16, 17]
    assert set(verdict.reason[[16, 17]]) == {"low_probability"}
    assert (verdict.status == CONFIRMED).sum() == 16


def test_small_parcels_are_ranked_but_never_red() -> None:
    suspicion = np.array([9.0, 8.0] + [0.9] * 18)
    doubtful = empty(20)
    doubtful[0] = "small_parcel"
    verdict = judge(suspicion, empty(20), doubtful, LIMITS)
    assert verdict.rank[0] == 1
    assert (verdict.status[0], verdict.reason[0]) == (INCONCLUSIVE, "small_parcel")
    assert verdict.status[1] == OUTLIER
    assert (verdict.status == OUTLIER).sum() == 2


def test_unscored_parcels_keep_a_row_without_rank() -> None:
    suspicion = np.array([np.nan] + [0.5] * 9)
    unscored = empty(10)
    unscored[0] = "rare_crop"
    verdict = judge(suspicion, unscored, empty(10), LIMITS)
    assert verdict.rank[0] == 0
    assert (verdict.status[0], verdict.reason[0]) == (INCONCLUSIVE, "rare_crop")


def test_reasons_for_having_no_probability() -> None:
    crops = np.array(["wheat"] * 4 + ["hemp"] * 2 + ["", "wheat"])
    observations = np.array([5, 5, 5, 5, 5, 5, 5, 0])
    assert unscored_reason(crops, observations, LIMITS).tolist() == [
        "", "", "", "", "rare_crop", "rare_crop", "no_declaration", "no_observations",
    ]  # fmt: skip


def test_reasons_for_doubt() -> None:
    area = np.array([1.0, 0.1, 1.0, 1.0])
    observations = np.array([9, 9, 9, 2])
    assert doubtful_reason(area, observations, LIMITS).tolist() == [
        "", "small_parcel", "", "thin_data",
    ]  # fmt: skip


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_extreme_budgets(share: float) -> None:
    limits = Limits(share, 3, 0.3)
    verdict = judge(np.linspace(0, 1, 7), empty(7), empty(7), limits)
    assert (verdict.status == OUTLIER).sum() == round(7 * share)
