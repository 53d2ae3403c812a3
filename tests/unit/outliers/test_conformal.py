"""Plausible sets by hand, their coverage, and the rule for green."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.outliers.conformal import confirmed, in_words, plausible_sets, rule


def two_crops(own: list[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parcels of crop 0 in fold 0 that are compared with, and one more in fold 1."""
    probability = np.array([[p, 1 - p] for p in own], np.float32)
    declared = np.zeros(len(own), int)
    fold = np.array([0] * (len(own) - 1) + [1])
    return probability, declared, fold


@pytest.mark.parametrize(("own", "expected"), [(0.2, True), (0.15, False), (0.1, False)])
def test_a_crop_is_excluded_below_the_share_alpha(own: float, expected: bool) -> None:
    # Nine parcels, alpha 0.2: two of ten may lose the crop, so the second smallest is the limit.
    others = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]
    sets = plausible_sets(*two_crops([*others, own]), alpha=0.2)
    assert sets[-1, 0] == expected
    assert sets[-1, 1]  # nobody declares crop 1: it cannot be excluded


def test_too_few_parcels_exclude_nothing() -> None:
    assert plausible_sets(*two_crops([0.9] * 8 + [0.0]), alpha=0.1).all()
    assert not plausible_sets(*two_crops([0.9] * 9 + [0.0]), alpha=0.1)[-1, 0]


def test_nothing_observed_excludes_nothing_and_is_not_compared_with() -> None:
    probability, declared, fold = two_crops([np.nan] * 30 + [0.1])
    assert plausible_sets(probability, declared, fold, 0.5).all()
    probability, declared, fold = two_crops([0.9] * 30 + [np.nan])
    assert plausible_sets(probability, declared, fold, 0.5)[-1].all()


def test_undeclared_parcels_have_a_set_and_are_not_compared_with() -> None:
    probability, declared, fold = two_crops([0.9] * 20 + [0.5] * 20 + [0.7])
    declared[20:] = -1
    assert not plausible_sets(probability, declared, fold, 0.1)[-1, 0]


def test_a_parcel_is_not_compared_with_its_own_fold() -> None:
    probability, declared, _ = two_crops([0.9] * 20 + [0.1])
    assert plausible_sets(probability, declared, np.zeros(21, int), 0.1).all()


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.3])
def test_the_true_crop_is_in_the_set_crop_by_crop(alpha: float) -> None:
    """Also where the model is bad at a crop: that is what "per crop" promises."""
    generator = np.random.default_rng(5)
    n = 30_000
    crop = generator.choice(3, n, p=[0.7, 0.25, 0.05])
    score = generator.normal(0, 1, (n, 3))
    score[np.arange(n), crop] += np.array([3.0, 1.0, 0.2])[crop]
    probability = np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)
    sets = plausible_sets(probability, crop, generator.integers(0, 4, n), alpha)
    for number in range(3):
        mine = crop == number
        assert sets[mine, number].mean() == pytest.approx(
            1 - alpha, abs=4 * np.sqrt(alpha * (1 - alpha) * 4 / 3 / mine.sum())
        )


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 0.5), st.floats(0.01, 0.5))
def test_a_larger_alpha_never_adds_a_crop(seed: int, one: float, other: float) -> None:
    generator = np.random.default_rng(seed)
    probability = generator.dirichlet(np.ones(4), 60).astype(np.float32)
    declared, fold = generator.integers(-1, 4, 60), generator.integers(0, 3, 60)
    small, large = sorted((one, other))
    stricter = plausible_sets(probability, declared, fold, large)
    assert not (stricter & ~plausible_sets(probability, declared, fold, small)).any()


@given(st.integers(0, 2**32 - 1))
def test_a_higher_probability_never_removes_a_crop(seed: int) -> None:
    generator = np.random.default_rng(seed)
    probability = generator.dirichlet(np.ones(3), 80).astype(np.float32)
    declared, fold = generator.integers(0, 3, 80), generator.integers(0, 2, 80)
    # Row 0 is alone in fold 9, so that changing it changes no limit of its own.
    fold[0] = 9
    before = plausible_sets(probability, declared, fold)[0]
    probability[0] += np.float32(0.1)
    assert not (before & ~plausible_sets(probability, declared, fold)[0]).any()


PLAUSIBLE = np.array([[1, 0, 0], [1, 1, 0], [1, 0, 1], [0, 1, 0], [1, 0, 0], [1, 0, 0]], bool)


def test_green_is_alone_or_hardly_ever_wrong() -> None:
    declared = np.array([0, 0, 0, 0, -1, 0])
    wrong = np.array([0.5, 0.01, 0.5, 0.001, 0.001, np.nan])
    assert confirmed(PLAUSIBLE, declared, wrong).tolist() == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]
    # Crops 0 and 2 in one group: the third parcel's set holds nothing but its own group.
    assert confirmed(PLAUSIBLE, declared, wrong, np.array([0, 1, 0])).tolist() == [
        True, True, True, False, False, False,
    ]  # fmt: skip


def test_the_rule_says_what_its_number_is_worth() -> None:
    assert "or P(wrong) is at most 2%" in rule(calibrated=True)
    assert "the lower bound of P(wrong) is at most 2%" in rule(calibrated=False)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([1, 1, 0, 0, 0], "plausible: wheat, rye"),
        ([1, 1, 1, 0, 1], "plausible: oats, wheat, rye and 1 more"),
        ([0, 0, 0, 0, 0], "no declared crop looks like this parcel"),
        ([1, 1, 1, 1, 1], "no crop can be excluded"),
    ],
)
def test_words(row: list[int], words: str) -> None:
    crops = ["rye", "wheat", "maize", "beet", "oats"]
    assert in_words([crops[one] for one in (4, 1, 0, 3, 2) if row[one]], len(crops)) == words
