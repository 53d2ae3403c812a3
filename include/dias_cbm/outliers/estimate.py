"""An estimate of what a run takes, from the size of the season alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dias_cbm.config.tables import Outliers
from dias_cbm.outliers import trees
from dias_cbm.outliers.assess import limits_of, to_learn
from dias_cbm.outliers.features import Parcels
from dias_cbm.outliers.kernels import RECIPE
from dias_cbm.outliers.layout import Layout
from dias_cbm.outliers.matrix import Means, layout_of
from dias_cbm.outliers.network import MARGINS, Recipe

# Seconds of one core of 2.5 GHz, measured by the benchmark "outliers".
_TREE = 1.0e-3
_TREE_AND_BAGGED_ROW = 5.0e-8
_TREE_AND_ROW = 1.5e-8
_PREDICTED_TREE_AND_ROW = 1.0e-7
_WEIGHT_AND_ROW = 1.5e-10
_COUNTED_ROW = 1.5e-4

_COUNTS = 2016
_BASE_MB, _KERNELS_MB = 450, 100
_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would take on one core.

    :param rows: parcels.
    :param columns: of the feature matrix.
    :param crops: crops that are common enough to learn.
    :param minutes: with the learners of the settings; the time to read is not in it.
    :param memory_mb: at its peak; the matrix counts although a large one is a mapped file.
    """

    rows: int
    columns: int
    crops: int
    minutes: float
    memory_mb: int


def estimate(parcels: Parcels, means: list[Means], periods: range, options: Outliers) -> Estimate:
    """Estimate a run.

    :raises NotEnoughData: fewer than two crops can be learnt.
    """
    layout = layout_of(means, periods)
    rows = len(parcels.pids)
    # Which parcels have observations is known only once the means are read.
    crops = len(to_learn(parcels.crops, np.ones(rows, np.int64), limits_of(options)).classes)
    kernels = options.learners != "trees"
    seconds = _seconds(rows, layout, crops, options.folds, kernels)
    memory = _memory(rows, layout, crops, kernels)
    return Estimate(rows, layout.columns, crops, round(seconds / 60, 1), memory)


def _seconds(rows: int, layout: Layout, crops: int, folds: int, kernels: bool) -> float:
    taught = rows * (folds - 1) // folds
    grown = trees.ROUNDS * crops * folds
    bagged = min(trees.BAGGING_SHARE * taught, trees.BAGGING_ROWS) * layout.columns / 265
    one_tree = _TREE + _TREE_AND_BAGGED_ROW * bagged + _TREE_AND_ROW * taught
    a_pass = grown * one_tree + trees.ROUNDS * crops * rows * _PREDICTED_TREE_AND_ROW
    windows = len(layout.series) * len(layout.periods)
    seconds = 2 * a_pass + _network(MARGINS, rows, windows, crops)
    if kernels:
        inputs = layout.columns + _COUNTS
        seconds += folds * _network(RECIPE, taught, inputs, crops) + rows * _COUNTED_ROW
    return seconds


def _network(recipe: Recipe, rows: int, inputs: int, crops: int) -> float:
    weights = recipe.hidden * (inputs + recipe.hidden + crops)
    return recipe.sized(rows).epochs * rows * weights * _WEIGHT_AND_ROW


def _memory(rows: int, layout: Layout, crops: int, kernels: bool) -> int:
    windows = len(layout.series) * len(layout.periods)
    matrix = rows * layout.columns * 4
    # Bins of all rows and of those of a fold, and two probabilities of every class.
    learning = rows * (layout.columns * 1.75 + crops * 8)
    base = _BASE_MB
    if kernels:
        base += _KERNELS_MB
        learning = max(learning, rows * (windows * 4 + _COUNTS + crops * 12))
    return round(base + (matrix + max(learning, rows * windows * 4)) / _MB)
