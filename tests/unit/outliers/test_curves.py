"""Typical curves by hand, and against numpy on random parcels."""

from __future__ import annotations

import numpy as np
import pytest

from dias_cbm.outliers import curves
from dias_cbm.outliers.curves import members_of, summary, typical_curves
from dias_cbm.outliers.layout import Layout, Series

LAYOUT = Layout((Series("bs", "VH"), Series("c6", "VV")), range(3, 9))  # 2 x (6 + 2) columns


def test_percentiles_by_hand() -> None:
    # 11 values 0, 1, ..., 10 and a gap: 10, 50 and 90 % are 1, 5 and 9.
    values = np.array([[7, 3, 10, np.nan, 0, 1, 2, 9, 8, 4, 6, 5]], np.float32)
    number, variance, percentiles = summary(values)
    assert number.tolist() == [11]
    assert percentiles[:, 0].tolist() == [1, 5, 9]
    assert variance[0] == pytest.approx(10)  # (11^2 - 1) / 12


def test_a_window_of_nine_parcels_has_no_typical_value() -> None:
    values = np.full((2, 12), np.nan, np.float32)
    values[0, :9] = values[1, :10] = 4
    number, variance, percentiles = summary(values)
    assert number.tolist() == [9, 10]
    assert np.isnan(percentiles).tolist() == [[True, False]] * 3
    assert np.isnan(variance).tolist() == [True, False]


def test_doubtful_and_undeclared_parcels_take_no_part() -> None:
    values = np.tile(np.arange(24, dtype=np.float32)[:, None], (1, LAYOUT.columns))
    declared = np.array([0] * 12 + [1] * 11 + [-1])
    trusted = np.ones(24, bool)
    trusted[11] = False
    found = typical_curves(values, LAYOUT, declared, trusted, 2)
    assert found.parcels.tolist() == [11, 11]
    assert found.medians[:, 0].tolist() == [5, 17]
    assert found.windows(1).shape == (2, 2, 6)
    assert (found.number == 11).all()


def test_a_group_is_its_crops_together() -> None:
    values = np.tile(np.arange(30, dtype=np.float32)[:, None], (1, LAYOUT.columns))
    declared = np.arange(30) % 3
    group = np.array([0, -1, 0])
    found = typical_curves(values, LAYOUT, declared, np.ones(30, bool), 3, group)
    assert found.parcels.tolist() == [10, 10, 10, 20]
    together = values[(declared == 0) | (declared == 2), 0]
    assert found.medians[3, 0] == np.median(together)


def test_a_crop_without_trusted_parcels_has_no_curve() -> None:
    members = members_of(np.array([0, 2, 2]), np.array([True, True, False]), 4)
    assert [rows.tolist() for rows in members] == [[0], [], [1], []]
    values = np.zeros((3, LAYOUT.columns), np.float32)
    found = typical_curves(values, LAYOUT, np.array([0, 2, 2]), np.zeros(3, bool), 4)
    assert np.isnan(found.percentiles).all()
    assert found.parcels.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("at_once", [1, 700, 1 << 20])
def test_equal_to_numpy_whatever_the_size_of_a_piece(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(curves, "_AT_ONCE", at_once)
    generator = np.random.default_rng(2)
    values = generator.normal(0, 3, (200, LAYOUT.columns)).astype(np.float32)
    values[generator.random(values.shape) < 0.3] = np.nan
    before = values.copy()
    declared = generator.integers(0, 2, 200)
    found = typical_curves(values, LAYOUT, declared, np.ones(200, bool), 2)
    for crop in (0, 1):
        of_crop = values[declared == crop]
        expected = np.nanpercentile(of_crop, [10, 50, 90], axis=0)
        np.testing.assert_allclose(found.percentiles[:, crop], expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(
            found.variance[crop], np.nanvar(of_crop.astype(float), axis=0), rtol=1e-5
        )
    np.testing.assert_array_equal(values, before)
