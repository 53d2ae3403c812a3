"""A small made-up season for the tests of scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dias_cbm.outliers.layout import Layout, Series
from dias_cbm.outliers.matrix import block_means

LAYOUT = Layout((Series("bs", "VH"), Series("c6", "VV")), range(12))


@dataclass
class Season:
    """Parcels with their declarations.

    :param wrong: which declarations were planted.
    """

    values: np.ndarray
    true: np.ndarray
    declared: np.ndarray
    wrong: np.ndarray
    classes: int


def season(
    parcels: int = 400, classes: int = 3, lost: float = 0.0, signal: float = 1.0, seed: int = 0
) -> Season:
    """Series around the curve of their crop; every twentieth parcel is declared wrongly.

    :param lost: share of windows lost, for all series at once.
    :param signal: 0 for none at all.
    """
    generator = np.random.default_rng(seed)
    frequency = np.geomspace(1, 0.3, classes)
    true = generator.choice(classes, parcels, p=frequency / frequency.sum())
    shape = (len(LAYOUT.series), len(LAYOUT.periods))
    curve = signal * generator.normal(0, 1, (classes, *shape))
    windows = (curve[true] + generator.normal(0, 1, (parcels, *shape))).astype(np.float32)
    gone = generator.random((parcels, 1, shape[1])) < lost
    windows = np.where(gone, np.float32(np.nan), windows)
    values = np.empty((parcels, LAYOUT.columns), np.float32)
    LAYOUT.windows(values)[:] = windows
    LAYOUT.blocks(values)[:] = block_means(windows)
    wrong = np.zeros(parcels, bool)
    wrong[generator.choice(parcels, parcels // 20, replace=False)] = True
    other = (true + generator.integers(1, classes, parcels)) % classes
    return Season(values, true, np.where(wrong, other, true), wrong, classes)
