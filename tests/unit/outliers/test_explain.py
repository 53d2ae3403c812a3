"""Blame: numbers by hand, and how much of the log odds the most guilty blocks undo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from dias_cbm.outliers.curves import Curves, typical_curves
from dias_cbm.outliers.explain import (
    best_other,
    block_periods,
    distance_blame,
    guiltiest,
    log_odds,
    occluded,
    occlusion,
)
from dias_cbm.outliers.layout import Layout, Series
from dias_cbm.outliers.matrix import block_means

SERIES = tuple(
    Series(card, band)
    for card, band in (("bs", "VH"), ("bs", "VH-VV"), ("bs", "VV"), ("c6", "VH"), ("c6", "VV"))
)

# Of a swing in a crop's course: window of its peak, width in windows, height.
TRAITS = (5, 40), (2, 6), (-2, 2)


def flat_curves(layout: Layout, medians: list[float], variance: list[float]) -> Curves:
    """Crops whose typical value is the same all season."""
    shape = (len(medians), layout.columns)
    middle = np.broadcast_to(np.array(medians, np.float32)[:, None], shape)
    return Curves(
        layout,
        np.stack([middle - 1, middle, middle + 1]),
        np.broadcast_to(np.array(variance, np.float32)[:, None], shape),
        np.full(shape, 99, np.int32),
        np.full(len(medians), 99),
    )


def test_distance_by_hand() -> None:
    layout = Layout((Series("bs", "VH"),), range(0, 10))
    found = flat_curves(layout, [-20.0, -16.0], [1.0, 3.0])
    values = np.full((1, 12), -17.0, np.float32)
    values[0, 11] = np.nan
    blame = distance_blame(values, found, np.array([0]), np.array([1]))
    # (-16 - -20) * (-17 - -20) / 2
    assert blame[0, 0, 0] == 6
    assert np.isnan(blame[0, 0, 1])


def test_a_parcel_on_the_far_side_of_the_declared_crop_blames_nothing() -> None:
    layout = Layout((Series("bs", "VH"),), range(0, 5))
    found = flat_curves(layout, [-20.0, -16.0], [1.0, 1.0])
    blame = distance_blame(np.full((1, 6), -22, np.float32), found, np.array([0]), np.array([1]))
    assert blame[0, 0, 0] == -8
    assert [list(blocks) for blocks in guiltiest(blame, 3)] == [[]]


def test_a_block_is_replaced_with_its_windows_and_its_mean() -> None:
    layout = Layout((Series("bs", "VH"), Series("c6", "VV")), range(0, 7))  # 2 x (7 + 2)
    found = flat_curves(layout, [5.0], [1.0])
    changed = occluded(np.zeros((1, 18), np.float32), found, np.array([0]), np.array([[3]]))
    assert np.flatnonzero(changed[0]).tolist() == [9 + 5, 9 + 6, 9 + 8]
    assert block_periods(layout, 1) == range(5, 7)


def test_occlusion_by_hand() -> None:
    layout = Layout((Series("bs", "VH"),), range(0, 10))
    found = flat_curves(layout, [0.0, 1.0], [1.0, 1.0])
    asked: list[int] = []

    def predict(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
        asked.extend(rows.tolist())
        odds = values[:, 0] + 2 * values[:, 5]  # a window of each block
        return np.stack([1 / (1 + np.exp(odds)), 1 / (1 + np.exp(-odds))], axis=1)

    values = np.ones((2, 12), np.float32)
    guess = np.array([[[0.1, 0.2]], [[np.nan, 0.2]]], np.float32)
    blame = occlusion(values, found, np.zeros(2, int), predict, np.array([70, 80]), guess)
    assert blame[0, 0] == pytest.approx([1, 2], abs=0.01)
    assert np.isnan(blame[1, 0, 0])
    assert sorted(asked) == [70] * 3 + [80] * 2


def test_log_odds_and_the_best_other_crop() -> None:
    probability = np.array([[0.1, 0.6, 0.3], [0.7, 0.2, 0.1], [0.1, 0.2, 0.7]])
    declared = np.array([0, 0, -1])
    assert best_other(probability, declared).tolist() == [1, 1, 2]
    assert log_odds(probability[:2], declared[:2]) == pytest.approx(
        [np.log(0.6 / 0.1), np.log(0.2 / 0.7)], rel=2e-3
    )


def test_with_groups_a_crop_of_the_same_group_is_no_other() -> None:
    probability = np.array([[0.2, 0.5, 0.2, 0.1]])
    group = np.array([0, 0, 1, 2])
    assert best_other(probability, np.array([0]), group).tolist() == [2]
    assert log_odds(probability, np.array([0]), group) == pytest.approx(
        [np.log(0.2 / 0.7)], rel=2e-3
    )


@dataclass
class Simulated:
    layout: Layout
    values: np.ndarray
    declared: np.ndarray
    wrong: np.ndarray


def simulated(seed: int, parcels: int = 3000, crops: int = 6) -> Simulated:
    """Crops with courses of their own in five series, of which a few weeks tell them apart.

    Parcels have a level, a date of sowing and weather of their own, noise and gaps; one in
    twenty is declared as another crop.
    """
    generator = np.random.default_rng(seed)
    layout = Layout(SERIES, range(11, 55))
    day = np.arange(44)
    crop = generator.integers(0, crops, parcels)
    values = np.empty((parcels, 5, 44))
    for series in range(5):
        when = day - generator.normal(0, 1.4, (parcels, 1))
        values[:, series] = 0
        for _ in range(2):  # growth and harvest, say
            at, wide, tall = (generator.uniform(*limits, crops)[crop][:, None] for limits in TRAITS)
            values[:, series] += tall * np.exp(-(((when - at) / wide) ** 2))
        values[:, series] += generator.normal(0, 0.6, (parcels, 1))
        slow = generator.normal(0, 0.9, (parcels, 9)).repeat(5, axis=1)[:, :44]
        values[:, series] += slow + generator.normal(0, 0.7, (parcels, 44))
    values[generator.random(values.shape) < 0.1] = np.nan
    wrong = generator.random(parcels) < 0.05
    declared = np.where(wrong, (crop + generator.integers(1, crops, parcels)) % crops, crop)
    windows = values.astype(np.float32)
    matrix = np.concatenate([windows, block_means(windows)], axis=2).reshape(parcels, -1)
    return Simulated(layout, matrix, declared, wrong)


class Discriminant:
    """A linear discriminant on all columns: another model than the distance to curves."""

    def __init__(self, values: np.ndarray, declared: np.ndarray) -> None:
        crops = declared.max() + 1
        self.fill = np.nanmean(values, axis=0)
        known = self._known(values)
        means = np.stack([known[declared == crop].mean(axis=0) for crop in range(crops)])
        spread = np.cov((known - means[declared]).T)
        spread = 0.5 * spread + 0.5 * np.eye(len(spread)) * np.trace(spread) / len(spread)
        self.slope = np.linalg.solve(spread, means.T)
        self.offset = -0.5 * np.einsum("kd,dk->k", means, self.slope)

    def _known(self, values: np.ndarray) -> np.ndarray:
        return np.where(np.isnan(values), self.fill, values)

    def __call__(self, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
        score = self._known(values) @ self.slope + self.offset
        power = np.exp(score - score.max(axis=1, keepdims=True))
        return power / power.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_three_most_guilty_of_45_blocks_undo_two_fifths_of_the_log_odds(seed: int) -> None:
    season = simulated(seed)
    values, declared = season.values, season.declared
    everyone = np.arange(len(values))
    model = Discriminant(values, declared)
    odds = log_odds(model(values, everyone), declared)
    worst = np.argsort(-odds)[:100]
    assert season.wrong[worst].mean() > 0.9
    trusted = np.ones(len(values), bool)
    trusted[np.argsort(-odds)[: len(values) * 6 // 100]] = False
    found = typical_curves(values, season.layout, declared, trusted, 6)
    other = best_other(model(values[worst], worst), declared[worst])

    def undone(blame: np.ndarray) -> float:
        top = np.argsort(-np.nan_to_num(blame.reshape(100, -1), nan=-9), axis=1)[:, :3]
        less = occluded(values[worst], found, declared[worst], top)
        left = log_odds(model(less, worst), declared[worst])
        return float(((odds[worst] - left) / odds[worst]).mean())

    distance = distance_blame(values[worst], found, declared[worst], other)
    assert distance.shape == (100, 5, 9)
    by_model = occlusion(values[worst], found, declared[worst], model, worst, distance)
    chance = undone(np.random.default_rng(seed).random(distance.shape))
    assert undone(distance) >= 0.4
    assert undone(by_model) >= 0.4
    assert chance < 0.2


def test_the_same_input_gives_the_same_blame() -> None:
    season = simulated(5, 600)
    model = Discriminant(season.values, season.declared)
    found = typical_curves(season.values, season.layout, season.declared, np.ones(600, bool), 6)
    some = np.arange(40)
    arguments = season.values[some], found, season.declared[some]
    first = distance_blame(*arguments, (season.declared[some] + 1) % 6)
    once, again = (occlusion(*arguments, model, some, first) for _ in range(2))
    np.testing.assert_array_equal(once, again)
