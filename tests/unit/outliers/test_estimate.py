"""The estimate of a run: grows with everything that costs, and knows the settings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dias_cbm.config.tables import Outliers
from dias_cbm.errors import NotEnoughData
from dias_cbm.outliers.estimate import Estimate, estimate
from dias_cbm.outliers.features import Parcels
from dias_cbm.outliers.matrix import Means

MEANS = [
    Means(card, band, direction) for card in ("bs", "c6") for band in ("VH", "VV")
    for direction in "AD"
]  # fmt: skip


def of(parcels: int, crops: int, learners: str = "trees", windows: int = 44) -> Estimate:
    names = np.array([f"crop {number}" for number in range(crops)])
    table = Parcels(
        pids=[""] * parcels,
        blk=np.zeros(parcels, np.int64),
        crops=names[np.arange(parcels) % crops],
        area_ha=np.ones(parcels),
        holding=None,
    )
    return estimate(table, MEANS, range(windows), replace(Outliers(), learners=learners))


def test_the_columns_are_those_of_the_joined_directions() -> None:
    found = of(8_000, 13)
    assert (found.rows, found.columns, found.crops) == (8_000, 265, 13)


def test_near_to_what_was_measured() -> None:
    """By benchmarks/outliers.py: 14 and 25 s of CPU; 199 s for 40,000 parcels and 60 crops."""
    assert of(8_000, 13).minutes * 60 == pytest.approx(14, rel=0.5)
    assert of(8_000, 13, "trees+kernels").minutes * 60 == pytest.approx(25, rel=0.5)
    assert of(40_000, 60, "trees+kernels").minutes * 60 == pytest.approx(199, rel=0.5)
    assert of(40_000, 60, "trees+kernels").memory_mb == pytest.approx(800, rel=0.3)


def test_more_of_anything_takes_more() -> None:
    least = of(100_000, 10)
    for more in (
        of(200_000, 10),
        of(100_000, 20),
        of(100_000, 10, "auto"),
        of(100_000, 10, windows=73),
    ):
        assert more.minutes > least.minutes
        assert more.memory_mb >= least.memory_mb


def test_a_season_of_one_crop_has_no_estimate() -> None:
    with pytest.raises(NotEnoughData, match="fewer than two crops"):
        of(100, 1)
