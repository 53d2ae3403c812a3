"""The inspection sample: where it is drawn, and what each parcel stands for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.outliers.sample import PLAN, Band, band_of, draw, weights

SUSPICION = np.random.default_rng(0).permutation(10_000).astype(float)


def test_one_hundred_of_the_top_seventy_of_the_next_thirty_of_the_rest() -> None:
    sample = draw(SUSPICION, seed=1)
    rank = 10_000 - SUSPICION[sample.parcel]
    assert len(set(sample.parcel.tolist())) == 200
    assert (np.diff(rank) > 0).all()
    assert ((rank <= 200).sum(), (rank <= 700).sum()) == (100, 170)
    assert np.bincount(sample.band).tolist() == [100, 70, 30]
    assert sample.weight[[0, 100, 170]].tolist() == pytest.approx([2, 500 / 70, 9300 / 30])
    assert sample.weight.sum() == pytest.approx(10_000)


def test_one_seed_one_sample() -> None:
    assert draw(SUSPICION, 1).parcel.tolist() == draw(SUSPICION, 1).parcel.tolist()
    assert draw(SUSPICION, 1).parcel.tolist() != draw(SUSPICION, 2).parcel.tolist()


def test_what_was_inspected_counts_and_is_not_drawn_again() -> None:
    first = draw(SUSPICION, 1)
    done = np.zeros(10_000, bool)
    done[first.parcel[:60]] = True
    again = draw(SUSPICION, 2, done)
    assert np.bincount(again.band).tolist() == [40, 70, 30]
    assert not done[again.parcel].any()


def test_small_and_unscored_seasons() -> None:
    assert len(draw(np.full(5, np.nan), 0).parcel) == 0
    sample = draw(np.array([1.0, np.nan, 3.0]), 0)
    assert set(sample.parcel.tolist()) == {0, 2}


def test_weights_by_hand() -> None:
    plan = (Band(0, 0.1, 2), Band(0.1, 1, 1))
    # Of 20 ranks two are in the first band; two inspected there, one in the other.
    weight = weights(np.array([1, 2, 11]), np.array([20, 20, 20]), plan)
    assert (weight / weight[0]).tolist() == pytest.approx([1, 1, 18])
    assert weight.mean() == pytest.approx(1)
    assert weights(np.array([], int), np.array([], int)).tolist() == []


@given(st.integers(1, 5000))
def test_bands_hold_their_share(ranked: int) -> None:
    band = band_of(np.arange(1, ranked + 1), np.full(ranked, ranked))
    assert (np.diff(band) >= 0).all()
    for number, one in enumerate(PLAN):
        assert (band == number).sum() == pytest.approx((one.last - one.first) * ranked, abs=1.01)


def test_names() -> None:
    assert [band.name for band in PLAN] == ["top 2 %", "2 to 7 %", "the rest"]
