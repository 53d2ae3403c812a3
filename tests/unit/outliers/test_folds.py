"""Folds: balanced by crop, whole by holding."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.outliers.folds import assign_folds


def test_every_fold_has_its_share_of_every_crop() -> None:
    labels = np.repeat([0, 1, 2, -1], [40, 41, 3, 7])
    fold = assign_folds(labels, 4, seed=1)
    for label in (-1, 0, 1, 2):
        counts = np.bincount(fold[labels == label], minlength=4)
        assert counts.max() - counts.min() <= 1


def test_the_same_seed_deals_the_same_folds() -> None:
    labels = np.arange(90) % 3
    holding = np.array([f"h{number // 4}" for number in range(90)])
    for given_ in (None, holding):
        first = assign_folds(labels, 4, 7, given_)
        np.testing.assert_array_equal(first, assign_folds(labels, 4, 7, given_))
        assert (first != assign_folds(labels, 4, 8, given_)).any()


@given(
    st.lists(st.tuples(st.integers(-1, 3), st.sampled_from("abcdefg")), min_size=1, max_size=60),
    st.integers(2, 5),
)
def test_a_holding_is_never_split(parcels: list[tuple[int, str]], folds: int) -> None:
    labels = np.array([label for label, _ in parcels])
    holding = np.array([name for _, name in parcels])
    fold = assign_folds(labels, folds, 3, holding)
    assert set(fold.tolist()) <= set(range(folds))
    for name in set(holding.tolist()):
        assert len(set(fold[holding == name].tolist())) == 1


def test_folds_of_holdings_are_balanced_by_crop() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 5, 4000)
    holding = generator.integers(0, 350, 4000).astype(str)
    fold = assign_folds(labels, 4, 1, holding)
    for label in range(5):
        counts = np.bincount(fold[labels == label], minlength=4)
        assert counts.max() < 1.1 * counts.min()


def test_parcels_without_a_holding_stand_alone() -> None:
    labels = np.zeros(100, int)
    fold = assign_folds(labels, 4, 1, np.full(100, ""))
    assert np.bincount(fold).tolist() == [25, 25, 25, 25]
