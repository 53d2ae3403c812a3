"""The linear part of the mowing model: a logistic regression on the features of a look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Ridge on the weights of standardised features, and how far from their mean these may be.
PENALTY = 50.0
_FARTHEST = 5.0
_STEPS = 20


@dataclass(frozen=True, slots=True)
class Line:
    """Weights of standardised features; a feature that is not there counts as its mean.

    :param level: float64[f], mean of each feature.
    :param scale: float64[f], its standard deviation.
    :param weights: float64[1 + f]; the first is the intercept.
    """

    level: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: NDArray[np.float64]

    @classmethod
    def fit(cls, features: NDArray[np.float32], cut: NDArray[np.bool_]) -> Line:
        """The regression of bool[k] on float32[k, f], by Newton's method."""
        known = np.isfinite(features)
        values = np.where(known, features, 0).astype(np.float64)
        count = np.maximum(known.sum(axis=0), 1)
        level = values.sum(axis=0) / count
        spread = np.where(known, values - level, 0)
        scale = np.sqrt((spread**2).sum(axis=0) / count)
        made = cls(level, np.where(scale > 0, scale, 1), np.zeros(1 + features.shape[1]))
        inputs = made._inputs(features)
        penalty = np.full(inputs.shape[1], PENALTY)
        penalty[0] = 1e-6
        for _ in range(_STEPS):
            likely = 1 / (1 + np.exp(-inputs @ made.weights))
            slope = inputs.T @ (cut - likely) - penalty * made.weights
            curve = (inputs.T * (likely * (1 - likely))) @ inputs + np.diag(penalty)
            made.weights[:] += np.linalg.solve(curve, slope)
        return made

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """The probability of each look, float32[k, f], to be the first after a cut: float64[k]."""
        return np.asarray(1 / (1 + np.exp(-self._inputs(features) @ self.weights)))

    def _inputs(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        scaled = (features - self.level) / self.scale
        scaled = np.where(np.isfinite(scaled), np.clip(scaled, -_FARTHEST, _FARTHEST), 0)
        return np.concatenate([np.ones((len(scaled), 1)), scaled], axis=1)

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        names = ("level", "scale", "weights")
        return {name: getattr(self, name).tolist() for name in names}

    @classmethod
    def of_json(cls, content: Mapping[str, Any], features: int) -> Line:
        """From plain values, of so many features.

        :raises ValueError: they are not numbers, or not so many.
        """
        level, scale, weights = (
            np.array(content[name], np.float64) for name in ("level", "scale", "weights")
        )
        shapes = level.shape, scale.shape, weights.shape
        if shapes != ((features,), (features,), (features + 1,)):
            raise ValueError(f"its linear part has shapes {shapes}")
        if not (np.isfinite([*level, *scale, *weights]).all() and (scale > 0).all()):
            raise ValueError("its linear part holds values that are not numbers")
        return cls(level, scale, weights)
