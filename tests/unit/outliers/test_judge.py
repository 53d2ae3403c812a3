import numpy as np

from dias_cbm.outliers.judge import (
    CONFIRMED,
    INCONCLUSIVE,
    NOT_CONFIRMED,
    OUTLIER,
    Limits,
    doubtful_reason,
    judge,
    unscored_reason,
)

LIMITS = Limits(smallest_crop=3, smallest_area_ha=0.3)


def empty(n: int) -> np.ndarray:
    return np.full(n, "", dtype=object)


def none(n: int) -> np.ndarray:
    return np.zeros(n, dtype=bool)


def test_the_list_is_red_the_confirmed_green_and_the_rest_yellow() -> None:
    suspicion = np.linspace(-2, 5, 20)
    verdict = judge(suspicion, empty(20), empty(20), suspicion > 4.5, suspicion < 3)
    assert verdict.rank.tolist() == list(range(20, 0, -1))
    assert np.flatnonzero(verdict.status == OUTLIER).tolist() == [18, 19]
    yellow = np.flatnonzero(verdict.status == INCONCLUSIVE)
    assert yellow.tolist() == [14, 15, 16, 17]
    assert set(verdict.reason[yellow]) == {NOT_CONFIRMED}
    assert (verdict.status == CONFIRMED).sum() == 14
    assert set(verdict.reason[verdict.status == CONFIRMED]) == {""}


def test_small_parcels_are_ranked_but_neither_red_nor_green() -> None:
    doubtful = empty(20)
    doubtful[[0, 7]] = "small_parcel"
    listed, confirmed = none(20), ~none(20)
    listed[0] = True
    verdict = judge(np.array([9.0] + [0.9] * 19), empty(20), doubtful, listed, confirmed)
    assert verdict.rank[0] == 1
    assert verdict.status[[0, 7]].tolist() == [INCONCLUSIVE, INCONCLUSIVE]
    assert verdict.reason[[0, 7]].tolist() == ["small_parcel", "small_parcel"]
    assert (verdict.status == CONFIRMED).sum() == 18


def test_unscored_parcels_keep_a_row_without_rank() -> None:
    suspicion = np.array([np.nan] + [0.5] * 9)
    unscored = empty(10)
    unscored[0] = "rare_crop"
    verdict = judge(suspicion, unscored, empty(10), none(10), ~none(10))
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
