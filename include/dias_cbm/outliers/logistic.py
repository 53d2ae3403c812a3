"""Logistic regression with a small penalty, by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Weight of the squared coefficients, for columns of deviation 1.
PENALTY = 10.0
_STEPS = 25
_CLOSE = 1e-8


@dataclass(frozen=True, slots=True)
class Logistic:
    """A fitted regression.

    :param centre: of each column.
    :param scale: deviation of each column.
    :param coefficients: one per column, in units of its deviation; then the constant.
    """

    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    coefficients: NDArray[np.float64]

    def log_odds(self, columns: NDArray[Any]) -> NDArray[np.float64]:
        """Log odds of each row, float64[rows].

        :param columns: [rows, columns].
        """
        standardised = (columns - self.centre) / self.scale
        odds: NDArray[np.float64] = standardised @ self.coefficients[:-1] + self.coefficients[-1]
        return odds


def fit(
    columns: NDArray[Any], target: NDArray[np.float64], weight: NDArray[np.float64]
) -> Logistic:
    """Fit log odds that are linear in the columns.

    :param columns: [rows, columns], without NaN.
    :param target: 0 or 1 for each row.
    :param weight: of each row.
    """
    centre = columns.mean(axis=0, dtype=np.float64)
    scale = np.maximum(columns.std(axis=0, dtype=np.float64), 1e-6)
    design = np.ones((len(columns), columns.shape[1] + 1))
    design[:, :-1] = (columns - centre) / scale
    penalty = np.full(design.shape[1], PENALTY)
    penalty[-1] = 1e-6
    at = np.zeros(design.shape[1])
    loss = _loss(design, target, weight, penalty, at)
    for _ in range(_STEPS):
        chance = _chance(design @ at)
        gradient = design.T @ (weight * (chance - target)) + penalty * at
        curvature = (design * (weight * chance * (1 - chance))[:, None]).T @ design
        step = np.linalg.solve(curvature + np.diag(penalty), gradient)
        # Newton's step can overshoot far from the optimum; the loss is convex, so halving helps.
        while (less := _loss(design, target, weight, penalty, at - step)) > loss + 1e-9:
            step /= 2
        at, loss = at - step, less
        if np.abs(step).max() < _CLOSE:
            break
    return Logistic(centre, scale, at)


def _chance(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    chance: NDArray[np.float64] = 0.5 * (1 + np.tanh(odds / 2))
    return chance


def _loss(
    design: NDArray[np.float64],
    target: NDArray[np.float64],
    weight: NDArray[np.float64],
    penalty: NDArray[np.float64],
    at: NDArray[np.float64],
) -> float:
    odds = design @ at
    unlike = np.logaddexp(0, odds) - target * odds
    return float(weight @ unlike + 0.5 * penalty @ (at * at))
