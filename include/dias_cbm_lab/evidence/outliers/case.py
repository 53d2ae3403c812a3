"""A simulated season as the outlier step sees it: feature matrix, declarations and folds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dias_cbm.outliers.folds import assign_folds
from dias_cbm.outliers.layout import Layout
from dias_cbm.outliers.matrix import Matrix, Means
from dias_cbm_lab.evidence.outliers.crops import DECLARED_CODES
from dias_cbm_lab.evidence.outliers.planting import Declarations, plant
from dias_cbm_lab.evidence.outliers.simulator import BANDS, DIRECTIONS, PERIODS, simulate

FOLDS = 4
CLASSES = len(DECLARED_CODES)

_FOLD_SEED = 20180101


@dataclass(frozen=True, slots=True)
class Case:
    """One season with planted errors.

    :param means: float32[n, directions, bands, windows], as simulated: power and coherence.
    :param values: float32[n, columns]; the product's feature matrix.
    :param fold: int[n]; by the product.
    """

    seed: int
    means: NDArray[np.float32]
    layout: Layout
    values: NDArray[np.float32]
    declarations: Declarations
    fold: NDArray[np.int64]

    @property
    def windows(self) -> NDArray[np.float32]:
        """float32[n, series, windows]; NaN in gaps."""
        return self.layout.windows(self.values)


def simulated_case(parcels: int, seed: int, lost: float = 0.0) -> Case:
    """Simulate a season and plant wrong declarations.

    :param lost: share of the windows of each parcel that are lost, all bands together.
    """
    season = simulate(parcels, seed)
    declarations = plant(season.crop, seed + 1)
    means = season.means
    if lost:
        gone = np.random.default_rng([seed, 1]).random((parcels, means.shape[-1])) < lost
        means[np.broadcast_to(gone[:, None, None, :], means.shape)] = np.nan
    layout, values = _features(means)
    fold = assign_folds(declarations.declared, FOLDS, _FOLD_SEED)
    return Case(seed, means, layout, values, declarations, fold)


def _features(means: NDArray[np.float32]) -> tuple[Layout, NDArray[np.float32]]:
    matrix = Matrix(
        [Means(card, band, direction) for card, band in BANDS for direction in DIRECTIONS],
        PERIODS,
        len(means),
    )
    parts = [
        means[:, DIRECTIONS.index(part.direction), BANDS.index((part.card, part.band))].T
        for part in matrix.means
    ]
    matrix.add(slice(0, len(means)), np.stack(parts))
    matrix.complete()
    return matrix.layout, matrix.values
