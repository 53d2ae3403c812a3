"""Logistic regression against scikit-learn's."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression

from dias_cbm.outliers.logistic import PENALTY, fit


def test_equal_to_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    columns = generator.normal(0, [1, 10, 0.1], (400, 3))
    columns += [0, 50, 2]
    target = (columns[:, 0] + generator.normal(0, 1, 400) > 0).astype(float)
    weight = generator.random(400)
    found = fit(columns, target, weight)
    standard = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    peer = LogisticRegression(C=1 / PENALTY, tol=1e-10, max_iter=1000)
    peer.fit(standard, target, weight)
    expected = peer.decision_function(standard)
    np.testing.assert_allclose(found.log_odds(columns), expected, atol=1e-4)


def test_separable_classes_and_a_constant_column_stay_finite() -> None:
    columns = np.column_stack([np.repeat([-1.0, 1.0], 50), np.ones(100)])
    found = fit(columns, np.repeat([0.0, 1.0], 50), np.ones(100))
    odds = found.log_odds(columns)
    assert np.isfinite(odds).all()
    assert odds[:50].max() < 0 < odds[50:].min()
